"""Starting a run: once per idempotency key, durable before it is announced, and waited for if wanted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import orjson
from fastapi import Request, Response
from pymongo.errors import PyMongoError

from services.gateway.errors import Refused, over_quota
from services.gateway.parts import Gateway
from services.gateway.pinned import Pinned, version_id
from services.gateway.present import run_shown
from services.gateway.spliced import spliced, texts_of
from shared.contracts.base import Json
from shared.contracts.events import RunRequested
from shared.contracts.run import RUN_FINISHED, Cause, Lane, NodeState, Run
from shared.ids import new_id, now_ms
from shared.messaging import topology
from shared.quotas import QuotaExceeded
from shared.starting import queued
from shared.storage.idempotency import Reservation
from shared.storage.trouble import cannot_be_reached, certainly
from shared.telemetry import logger

MAX_KEY_CHARS = 200
LONGEST_PAUSE_S = 8.0


@dataclass(frozen=True)
class Order:
    """A run that someone wants. `pin` finds its version, or refuses; `raw` is the request's body, `trace` its
    `traceparent`. `nodes` are states taken over from the run that it is a re-run of. A `run_id` makes it the
    one run on an occasion: where that is there already, nothing is started."""

    workspace_id: str
    pin: Callable[[], Awaitable[Pinned]]
    input: Json
    lane: Lane
    wait_s: float
    raw: bytes
    trace: str
    cause: Cause
    run_id: str = ""
    dry: bool = False
    pins: bool = False
    rerun_of: str | None = None
    nodes: Mapping[str, NodeState] = field(default_factory=dict[str, NodeState])


async def start(gateway: Gateway, request: Request, order: Order) -> Response:
    """Start the run, or find the one the same request started before; 202, or 200 when it has finished."""
    run, replayed = await begun(gateway, order, idempotency_key(request), request.url.path)
    return await _answer(gateway, run, replayed=replayed)


async def begun(gateway: Gateway, order: Order, key: str, path: str) -> tuple[Run, bool]:
    """The run, and whether it was started before by a request with the same key (none when it is empty)."""
    fingerprint = _fingerprint(path, order.raw) if key else ""
    reserved = await gateway.idempotency.find(order.workspace_id, key) if key else None
    if reserved:
        _check_same(reserved, fingerprint)
        if run := await gateway.run_if_any(order.workspace_id, reserved.run_id):
            return await _waited(gateway, run, order.wait_s), True
    await gateway.reach_broker()
    pinned = await order.pin()
    if key and not reserved:
        wanted, now = Reservation(order.run_id or new_id("run"), fingerprint), now_ms()
        reserved = await certainly(
            lambda: gateway.idempotency.reserve(order.workspace_id, key, wanted, created_at=now)
        )
        _check_same(reserved, fingerprint)
    run_id = reserved.run_id if reserved else order.run_id or new_id("run")
    run = await admitted(gateway, order, pinned, run_id)
    if run.rerun_of:
        await _hold_sources(gateway, run, run.rerun_of)
    with gateway.watchers.end_of(run.id) as end:
        run = await launched(gateway, run)
        return (await _seen_off(gateway, run, end, order.wait_s) if order.wait_s else run), False


async def admitted(gateway: Gateway, order: Order, pinned: Pinned, run_id: str) -> Run:
    """The run as its workspace's plan lets it begin, counted; raises Refused (`quota_exceeded`)."""
    try:
        return await gateway.quotas.admitted(await _queued(gateway, order, pinned, run_id))
    except QuotaExceeded as error:
        raise over_quota(error) from None


async def published(gateway: Gateway, workspace_id: str, workflow_id: str, number: int | None) -> Pinned:
    """The version of a workflow to run, the latest unless a number is given; raises Refused."""
    workflow = await gateway.published(workspace_id, workflow_id)
    if number is None and not workflow.latest:
        raise Refused("not_published", f"Workflow {workflow_id!r} has no version: publish its draft first")
    pinned = await gateway.pinned.get(workspace_id, version_id(workflow.id, number or workflow.latest))
    if pinned is None:
        raise Refused("not_found", f"Workflow {workflow_id!r} has no version {number or workflow.latest}")
    return pinned


async def launched(gateway: Gateway, run: Run) -> Run:
    """The run as it is stored, and the planner knows of: this one, unless another request with its key was
    faster."""
    if not await certainly(lambda: gateway.runs.insert(run)):
        run = await gateway.run(run.workspace_id, run.id)
    await _announce(gateway, run)
    return run


async def _seen_off(gateway: Gateway, run: Run, end: "asyncio.Future[Run | None]", wait_s: float) -> Run:
    """A run that has just been started, once it has finished. It is there: that the store is away for now is
    no reason to tell its caller otherwise, who would start another."""
    try:
        return await _finished(gateway, run, end, wait_s)
    except PyMongoError as error:
        if not cannot_be_reached(error):
            raise
        logger.warning("run.unseen", run_id=run.id, error=f"{type(error).__name__}: {error}"[:300])
        return run


async def answer_with(gateway: Gateway, run: Run, wait_s: float) -> Response:
    """A run that exists, waited for if wanted and needed; 200 when it has finished, else 202."""
    return await _answer(gateway, await _waited(gateway, run, wait_s), replayed=False)


async def _waited(gateway: Gateway, run: Run, wait_s: float) -> Run:
    if wait_s and run.status not in RUN_FINISHED:
        with gateway.watchers.end_of(run.id) as end:
            run = await gateway.run(run.workspace_id, run.id)
            run = await _finished(gateway, run, end, wait_s)
    return run


def idempotency_key(request: Request) -> str:
    """The `Idempotency-Key` header, or an empty string; raises Refused when it is too long or empty."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not 0 < len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise Refused("bad_header", f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} printable characters")
    return key


async def _queued(gateway: Gateway, order: Order, pinned: Pinned, run_id: str) -> Run:
    return queued(
        run_id,
        workspace_id=order.workspace_id,
        workflow_id=pinned.workflow_id,
        version=pinned.id,
        trigger=order.cause,
        lane=order.lane,
        given=await gateway.keep(order.input, "the input"),
        trace=order.trace,
        now=now_ms(),
        dry=order.dry,
        pins=order.pins,
        rerun_of=order.rerun_of,
        nodes=dict(order.nodes),
    )


async def _hold_sources(gateway: Gateway, run: Run, old_id: str) -> None:
    """See to it that what the run takes over stays. The old run is there still after that has been stored, or
    the janitor was first."""
    held = {old_id, *(state.source for state in run.nodes.values() if state.source)}
    await gateway.sources.hold(run.id, held, now_ms())
    if not await gateway.run_if_any(run.workspace_id, old_id):
        raise Refused("not_found", f"Run {old_id!r} has just been removed")


async def _announce(gateway: Gateway, run: Run) -> None:
    """Tell the planner. The run is durable already, so if this fails the clock takes it up."""
    try:
        message = RunRequested(run_id=run.id, run=run)
        await gateway.publish(message, topology.planner_key(RunRequested.event, run.id), run.traceparent)
    except Refused:
        logger.warning("run.announced_later", run_id=run.id)


async def _finished(gateway: Gateway, run: Run, end: "asyncio.Future[Run | None]", wait_s: float) -> Run:
    """The run once it has finished, or as it is after `wait_s`. Looks into the store too: hints get lost."""
    deadline = asyncio.get_running_loop().time() + wait_s
    pause = 1.0
    while run.status not in RUN_FINISHED:
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0 or end.cancelled():
            break
        if end.done():
            await asyncio.sleep(min(0.05, left))
        else:
            await asyncio.wait((end,), timeout=min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE_S)
        told = end.result() if end.done() and not end.cancelled() else None
        run = told or await gateway.run(run.workspace_id, run.id)
    return run


async def _answer(gateway: Gateway, run: Run, *, replayed: bool) -> Response:
    headers = {"Location": f"/api/v1/workspaces/{run.workspace_id}/runs/{run.id}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    status = 200 if run.status in RUN_FINISHED else 202
    return spliced(gateway.payloads, await shown(gateway, run), status, headers)


async def shown(gateway: Gateway, run: Run) -> dict[str, object]:
    """The run's resource, to be `spliced`."""
    pinned = await gateway.pinned.get(run.workspace_id, run.version)
    texts = await texts_of(gateway.payloads, [run.input, *([run.output] if run.output else [])])
    return run_shown(run, pinned, texts)


def _fingerprint(path: str, raw: bytes) -> str:
    """The same for the same request, however its JSON is written."""
    body = orjson.dumps(orjson.loads(raw or b"{}"), option=orjson.OPT_SORT_KEYS)
    return sha256(path.encode() + b"\n" + body).hexdigest()


def _check_same(reserved: Reservation, fingerprint: str) -> None:
    if reserved.fingerprint != fingerprint:
        raise Refused(
            "idempotency_key_reused", "This Idempotency-Key came with another request before; use a new one"
        )
