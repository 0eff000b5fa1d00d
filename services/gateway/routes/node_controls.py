"""Retrying, skipping and deciding nodes of a run."""

from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Request, Response

from services.gateway.attempts import attempts_of
from services.gateway.checking import check_fits
from services.gateway.control_inputs import Retrial, ReviewDecision, Skip
from services.gateway.control_resources import NodeRunResource
from services.gateway.controlling import Effect, ask
from services.gateway.documented import KEYED, answers, asked, takes
from services.gateway.errors import Refused
from services.gateway.fitting import Fits, decided, retried, skipped
from services.gateway.identity.access import needs
from services.gateway.identity.callers import caller_of, may_decide
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import iso
from services.gateway.reading import read
from services.gateway.rerunning import downstream
from services.gateway.routes.node_runs import node_run_shown, root_of
from services.gateway.spliced import spliced
from shared.contracts.directive import AwaitDecision
from shared.contracts.events import RunControl
from shared.contracts.run import NodeState, Run
from shared.contracts.value import to_json
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms

ASKED = asked(NodeRunResource)

router = APIRouter(tags=["control"])


@dataclass(frozen=True)
class Target:
    """A node that a request names, in its run and its graph, and the control that is asked for."""

    gateway: Gateway
    run: Run
    graph: PinnedGraph
    node_id: str
    request: Request

    @property
    def state(self) -> NodeState:
        """The node's state when the request came."""
        return self.run.nodes.get(self.node_id, NodeState())

    async def control(self, fits: Fits, wanted: RunControl) -> tuple[Run, Effect]:
        """Ask for it, of this node."""
        return await ask(self.request, self.run, wanted.model_copy(update={"node": self.node_id}), fits)

    async def answer(self, run: Run, effect: Effect) -> Response:
        """The node as it is now."""
        shown = await node_run_shown(self.gateway, run, self.node_id, root_of(self.request))
        return spliced(self.gateway.payloads, shown, 202 if effect == "pending" else 200)


@router.post(
    "/runs/{run_id}/nodes/{node_id}/retry",
    dependencies=[needs("runs:write")],
    summary="Retry a node",
    responses=answers(404, 409, **ASKED),
    openapi_extra=takes(Retrial, required=False) | KEYED,
)
async def retry(request: Request, workspace_id: str, run_id: str, node_id: str) -> Response:
    """Another attempt now, whatever its policy says; what came after its last one is undone. A node that has
    succeeded, or whose run has finished, is run again by a re-run."""
    body, _ = await read(request, Retrial)
    target = await _target(request, workspace_id, run_id, node_id)
    attempt = target.state.attempt if body.attempt is None else body.attempt
    wanted = RunControl(run_id=run_id, action="retry", attempt=attempt)
    fits = retried(node_id, attempt, downstream(target.graph, node_id))
    return await target.answer(*await target.control(fits, wanted))


@router.post(
    "/runs/{run_id}/nodes/{node_id}/skip",
    dependencies=[needs("runs:write")],
    summary="Skip a node",
    responses=answers(404, 409, **ASKED),
    openapi_extra=takes(Skip, required=False) | KEYED,
)
async def skip(request: Request, workspace_id: str, run_id: str, node_id: str) -> Response:
    """The graph goes on behind it, through `port` and with `output`; nothing (more) is run for it."""
    body, _ = await read(request, Skip)
    target = await _target(request, workspace_id, run_id, node_id)
    ports = target.graph.frozen[node_id].ports
    if body.port not in ports:
        raise Refused(
            "unknown_port", f"Node {node_id!r} has no port {body.port!r}; it has: {', '.join(ports)}"
        )
    output = await target.gateway.keep(to_json(body.output), "the output")
    wanted = RunControl(run_id=run_id, action="skip", port=body.port, output=output)
    return await target.answer(*await target.control(skipped(node_id, body.port), wanted))


@router.post(
    "/runs/{run_id}/nodes/{node_id}/decide",
    dependencies=[needs("reviews:decide")],
    summary="Decide a review",
    responses=answers(403, 404, 409, **ASKED),
    openapi_extra=takes(ReviewDecision) | KEYED,
)
async def decide(request: Request, workspace_id: str, run_id: str, node_id: str) -> Response:
    """The graph goes on through the port of that name. `data` has to fit the review's form; the first
    decision counts."""
    body, _ = await read(request, ReviewDecision)
    target = await _target(request, workspace_id, run_id, node_id)
    asked = target.state.suspended.directive if target.state.suspended else None
    if isinstance(asked, AwaitDecision) and body.decision in asked.decisions:
        await _check_decision(request, asked, body)
    elif not asked and not target.graph.frozen[node_id].waits:
        raise Refused("not_suspended", f"Node {node_id!r} is of a type that waits for no decision")
    answer = {"decision": body.decision, "data": body.data, "by": caller_of(request).name}
    output = await target.gateway.keep(to_json({**answer, "at": iso(now_ms())}), "the data")
    wanted = RunControl(
        run_id=run_id, action="decide", attempt=target.state.attempt, port=body.decision, output=output
    )
    run, effect = await target.control(decided(node_id, body.decision), wanted)
    if effect == "there":
        await _check_same(target.gateway, run, node_id, body)
    return await target.answer(run, effect)


async def _target(request: Request, workspace_id: str, run_id: str, node_id: str) -> Target:
    gateway = gateway_of(request)
    run = await gateway.run(workspace_id, run_id)
    graph = await gateway.pinned.graph(workspace_id, run.version)
    if node_id not in graph.nodes:
        raise Refused("not_found", f"Run {run_id!r} has no node {node_id!r}")
    return Target(gateway, run, graph, node_id, request)


async def _check_decision(request: Request, asked: AwaitDecision, body: ReviewDecision) -> None:
    if not may_decide(caller_of(request), asked.assignees):
        raise Refused("forbidden", f"This review is for others to decide: {', '.join(asked.assignees)}")
    if asked.form is not None:
        await check_fits(body.data, asked.form, name="data")


async def _check_same(gateway: Gateway, run: Run, node_id: str, body: ReviewDecision) -> None:
    """Raises Refused when the review was decided the same way, but with other data."""
    for result in (await attempts_of(gateway, run, node_id))[-1:]:
        if result.output is None:
            continue
        found = orjson.loads(await gateway.payloads.text(result.output))
        same = orjson.dumps(body.data, option=orjson.OPT_SORT_KEYS)
        if (
            not isinstance(found, dict)
            or orjson.dumps(found.get("data"), option=orjson.OPT_SORT_KEYS) != same
        ):
            raise Refused("already_decided", f"Review {node_id!r} has been decided already, with other data")
