"""What the caller of a webhook is answered with: at once, with what the run comes to, or as a node says.

An answer is shown by browsers under the address of this gateway; `GUARD` keeps what a workflow answers from
acting in its name."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import orjson
from pydantic import ValidationError
from pymongo.errors import PyMongoError
from starlette.responses import Response

from services.gateway.attempts import attempts_of
from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from services.gateway.present import json_response
from services.gateway.starting import Order, admitted, begun, launched
from services.gateway.watch import Follower, News
from shared.contracts.events import Change
from shared.contracts.hook_event import HookEvent
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.value import from_json
from shared.contracts.webhook import (
    RESPOND,
    HookAnswer,
    HookRespond,
    RespondAtOnce,
    RespondByNode,
    RespondWhenFinished,
)
from shared.storage.trouble import cannot_be_reached
from shared.telemetry import logger

GUARD = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
LATER = ("broker_unavailable", "store_unavailable")
BODILESS = (204, 205, 304)
LOOK_EVERY_S = 15.0
"""What is waited for is told; what is not heard is found this often."""


def filtered_answer(event: HookEvent) -> Response:
    """For an event that starts nothing."""
    return _told(200, event, outcome=event.outcome)


class Answering:
    """Answers by one webhook's setting."""

    def __init__(self, gateway: Gateway, respond: HookRespond) -> None:
        self._gateway = gateway
        self._respond = respond

    async def to(self, event: HookEvent, order: Order) -> Response:
        """Start the run of an event that is stored, and answer."""
        if isinstance(self._respond, RespondWhenFinished):
            run = await self._begun(event, replace(order, wait_s=self._respond.timeout_s))
            return await self._finished(event, run)
        if isinstance(self._respond, RespondByNode):
            with self._gateway.watchers.follow(order.run_id) as follower:
                run = await self._begun(event, order)
                return await self._by_node(event, run, follower, self._respond.timeout_s)
        if event.open:
            await self._begins(event, order)
        else:
            await self._begun(event, order)
        return self._at_once(event, self._respond)

    async def again(self, event: HookEvent, order: Order) -> Response:
        """Answer who has sent an event again; its run is started if that has not been done."""
        there = await self._gateway.run_if_any(event.workspace_id, order.run_id)
        if there is None and not event.open:  # it was long ago: the run has been removed
            return _told(200, event, outcome="accepted", duplicate=True)
        if isinstance(self._respond, RespondAtOnce):
            if there is None:
                await self._begun(event, order)
            return self._at_once(event, self._respond, duplicate=True)
        return await self.to(event, order)

    async def _begins(self, event: HookEvent, order: Order) -> None:
        """Nobody waits for the run to be there, once it is known that it may begin."""
        with _or_later(event):
            run = await admitted(self._gateway, order, await order.pin(), order.run_id)
            await self._gateway.hooks.begin(event, lambda: launched(self._gateway, run))

    async def _begun(self, event: HookEvent, order: Order) -> Run | None:
        """The run; None when it could not be started just now."""
        with _or_later(event):
            run, _ = await begun(self._gateway, order, "", "")
            if event.open:
                self._gateway.hooks.begun(event)
            return run
        return None

    def _at_once(self, event: HookEvent, respond: RespondAtOnce, *, duplicate: bool = False) -> Response:
        if respond.status in BODILESS:
            return Response(None, respond.status, headers=GUARD)
        if respond.body is not None:
            return Response(respond.body, respond.status, headers=GUARD, media_type="application/json")
        return _told(respond.status, event, outcome="accepted", duplicate=duplicate)

    async def _finished(self, event: HookEvent, run: Run | None) -> Response:
        if run is None or run.status not in RUN_FINISHED:
            raise _late(event)
        if run.status != "succeeded":
            told = f"The run that event {event.id!r} has started has {run.status}"
            raise Refused("run_failed", told)
        text = await self._gateway.payloads.text(run.output) if run.output else "null"
        return Response(text, 200, headers=GUARD, media_type="application/json")

    async def _by_node(
        self, event: HookEvent, run: Run | None, follower: Follower, timeout_s: float
    ) -> Response:
        """At most one answer: that of the node which was first."""
        if run is None:
            raise _late(event)
        nodes = await self._responders(run)
        until = asyncio.get_running_loop().time() + timeout_s
        while not follower.closed:
            if answer := await self._said(run, nodes):
                return answer
            if run.status in RUN_FINISHED:
                return await self._finished(event, run)
            if not await _heard(follower, nodes, until):
                break
            run = await self._gateway.run(run.workspace_id, run.id)
        raise _late(event)

    async def _responders(self, run: Run) -> frozenset[str]:
        """The nodes of the run's graph that answer."""
        known = self._gateway.hooks.responders.get(run.version)
        if known is None:
            graph = await self._gateway.pinned.graph(run.workspace_id, run.version)
            known = frozenset(node_id for node_id, node in graph.nodes.items() if node.type == RESPOND)
            self._gateway.hooks.responders.put(run.version, known)
        return known

    async def _said(self, run: Run, nodes: frozenset[str]) -> Response | None:
        """What the first of the nodes that have succeeded says."""
        done = [(state.finished_at or 0, node_id) for node_id, state in run.nodes.items()
                if node_id in nodes and state.status == "succeeded"]  # fmt: skip
        if not done:
            return None
        _, node_id = min(done)
        results = [each for each in await attempts_of(self._gateway, run, node_id) if each.output]
        output = results[-1].output if results else None
        text = await self._gateway.payloads.text(output) if output else "null"
        try:
            return _as_said(HookAnswer.model_validate(from_json(text)))
        except ValidationError as error:
            told = f"Node {node_id!r} has answered with what cannot be sent"
            raise Refused("bad_answer", told) from error


@contextmanager
def _or_later(event: HookEvent) -> Iterator[None]:
    """What stands in the way for now is no reason to refuse an event that is stored: its run will begin."""
    try:
        yield
    except (Refused, PyMongoError) as error:
        passing = error.code in LATER if isinstance(error, Refused) else cannot_be_reached(error)
        if not passing or not event.open:
            raise
        logger.warning("hook.begun_later", event_id=event.id, error=f"{type(error).__name__}"[:300])


async def _heard(follower: Follower, nodes: frozenset[str], until: float) -> bool:
    """Return once it is worth looking at the run; False when there is no time left."""
    while (left := until - asyncio.get_running_loop().time()) > 0 and not follower.closed:
        news = await follower.take(min(left, LOOK_EVERY_S))
        if not news or follower.behind or any(_tells(each, nodes) for each in news):
            follower.behind = False
            return True
    return False


def _tells(news: News, nodes: frozenset[str]) -> bool:
    if not isinstance(news, Change):
        return False
    return news.status in RUN_FINISHED or any(each.node in nodes for each in news.events.values())


def _as_said(answer: HookAnswer) -> Response:
    """The answer as HTTP: a text as it is, nothing for null, all else as JSON."""
    headers = {**answer.headers, **GUARD}
    if answer.body is None or answer.status in BODILESS:
        return Response(None, answer.status, headers=headers)
    if isinstance(answer.body, str):
        headers.setdefault("content-type", "text/plain; charset=utf-8")
        return Response(answer.body.encode("utf-8", "replace"), answer.status, headers=headers)
    headers.setdefault("content-type", "application/json")
    return Response(orjson.dumps(answer.body), answer.status, headers=headers)


def _told(status: int, event: HookEvent, **more: object) -> Response:
    return json_response({"event_id": event.id, **more}, status, GUARD)


def _late(event: HookEvent) -> Refused:
    told = f"There is no answer yet. Event {event.id!r} is stored, its run goes on; do not send it again"
    return Refused("answer_late", told)
