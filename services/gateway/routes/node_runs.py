"""One node in one run, with its attempts."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers
from services.gateway.errors import Refused
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import attempt_shown, json_response, node_shown
from services.gateway.resources import NodeRunResource
from shared.contracts.node_run import NodeResult, node_run_id
from shared.contracts.run import NodeState, Run

router = APIRouter(tags=["runs"])


@router.get(
    "/runs/{run_id}/nodes/{node_id}",
    summary="Get a node of a run",
    responses=answers(404, _200=(NodeRunResource, "The node and its attempts")),
)
async def get(request: Request, workspace_id: str, run_id: str, node_id: str) -> Response:
    """With what each attempt received, answered, wrote to its log and used."""
    gateway = gateway_of(request)
    run = await gateway.run(workspace_id, run_id)
    pinned = await gateway.pinned.get(workspace_id, run.version)
    if node_id not in run.nodes and (pinned is None or node_id not in pinned.node_ids):
        raise Refused("not_found", f"Run {run_id!r} has no node {node_id!r}")
    state = run.nodes.get(node_id, NodeState())
    results = await _results(gateway, run, node_id, state)
    values = [value for each in results for value in (each.input, each.output) if value]
    texts = await gateway.payloads.texts(values)
    attempts = [attempt_shown(each, texts) for each in results]
    return json_response({"node": node_id, "run_id": run.id, **node_shown(state), "attempts": attempts})


async def _results(gateway: Gateway, run: Run, node_id: str, state: NodeState) -> list[NodeResult]:
    """What the attempts answered, in order. The usual node has one, and its document is known."""
    if state.attempt <= 1 and state.head:
        found = (await gateway.node_runs.load([node_run_id(run.id, state.head, state.head_attempt)])).values()
    else:
        found = await gateway.node_runs.of_run(run.id)
    documents = [*run.results.values(), *found]  # the planner's come with the run until they are stored
    ended = [each for document in documents for each in document.results if each.node == node_id]
    by_attempt = {each.attempt: each for each in ended}
    return [by_attempt[attempt] for attempt in sorted(by_attempt)]
