"""Controls: asked of the planner, and answered once their effect shows."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from fastapi import Request

from services.gateway.fitting import Fits
from services.gateway.identity.callers import caller_of
from services.gateway.parts import Gateway, gateway_of
from services.gateway.starting import idempotency_key
from services.gateway.stream import recorded
from services.gateway.watch import Follower, News
from shared.contracts.events import Change, RunControl
from shared.contracts.run import RUN_FINISHED, Event, Run
from shared.ids import new_id
from shared.messaging import topology

EFFECT_S = 2.0
"""How long to wait for the planner before answering that it has been asked."""
MOST_LOOKS = 2

Effect = Literal["ours", "there", "pending"]
"""Brought about by this control; there without it; not to be seen yet."""


def control_id(request: Request, run: Run) -> tuple[str, bool]:
    """The id of the control that a request asks for, and whether it is the same for the same
    `Idempotency-Key`."""
    key = idempotency_key(request)
    if not key:
        return new_id("ctl"), False
    path = "\n".join((run.workspace_id, request.url.path, key))
    return f"ctl_{sha256(path.encode()).hexdigest()[:32]}", True


async def ask(request: Request, run: Run, wanted: RunControl, fits: Fits) -> tuple[Run, Effect]:
    """What `controlled` answers to a control under the request's id and its caller's name."""
    control, keyed = control_id(request, run)
    named = wanted.model_copy(update={"id": control, "by": caller_of(request).name})
    return await controlled(gateway_of(request), run, named, fits, keyed=keyed)


async def started(gateway: Gateway, run: Run) -> Run:
    """The run once it has started, or as it is when it does not for a while. What is refused because a run is
    queued must not have been asked for: it would come true after all."""
    until = asyncio.get_running_loop().time() + EFFECT_S
    with gateway.watchers.follow(run.id) as follower:
        run = await gateway.run(run.workspace_id, run.id)
        while run.status == "queued" and not follower.closed:
            if (left := until - asyncio.get_running_loop().time()) <= 0:
                break
            await follower.take(left)
            run = await gateway.run(run.workspace_id, run.id)
    return run


async def controlled(
    gateway: Gateway, run: Run, wanted: RunControl, fits: Fits, *, keyed: bool = False
) -> tuple[Run, Effect]:
    """The run after the control, and how far its effect shows. Raises Refused when it can have none, be it
    because something else came first. A `keyed` control may have been asked for before."""
    if keyed and await _caused(gateway, run, wanted.id):
        return run, "ours"
    there = fits(run)
    if there and run.status in RUN_FINISHED:
        return run, "there"
    with gateway.watchers.follow(run.id) as follower:
        # Also when the effect is there: an opposite control may be on its way.
        await gateway.publish(wanted, topology.planner_key(RunControl.event, run.id), run.traceparent)
        return (run, "there") if there else await _shown(gateway, run, wanted, fits, follower)


async def _shown(
    gateway: Gateway, run: Run, wanted: RunControl, fits: Fits, follower: Follower
) -> tuple[Run, Effect]:
    """Wait for an event that the control has led to; where something else happens that may be in its way, or
    nothing is heard, the store tells."""
    loop = asyncio.get_running_loop()
    until = loop.time() + EFFECT_S
    looks = 0
    while (left := until - loop.time()) > 0 and not follower.closed:
        events = _events(await follower.take(left))
        if any(event.cause == wanted.id for event in events):
            return await gateway.run(run.workspace_id, run.id), "ours"
        if looks < MOST_LOOKS and any(_matters(event, wanted.node) for event in events):
            looks += 1
            run = await gateway.run(run.workspace_id, run.id)
            if await _caused(gateway, run, wanted.id):
                return run, "ours"
            if fits(run):
                return run, "there"
    run = await gateway.run(run.workspace_id, run.id)
    if await _caused(gateway, run, wanted.id):
        return run, "ours"
    return run, "there" if fits(run) else "pending"


async def _caused(gateway: Gateway, run: Run, control: str) -> bool:
    return any(event.cause == control for event in (await recorded(gateway, run, 0)).values())


def _events(news: Sequence[News]) -> list[Event]:
    return [event for change in news if isinstance(change, Change) for event in change.events.values()]


def _matters(event: Event, node_id: str | None) -> bool:
    """Whether it may decide what becomes of a control of this node, or of the run."""
    return event.type.startswith("run.") or event.node == node_id
