"""One node in one run, with its attempts."""

from fastapi import APIRouter, Request, Response

from services.gateway.attempts import attempts_of
from services.gateway.control_resources import NodeRunResource
from services.gateway.documented import answers
from services.gateway.errors import Refused
from services.gateway.identity.access import needs
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import Shown, attempt_shown, node_shown
from services.gateway.spliced import spliced, texts_of
from services.gateway.waiting import input_of, waiting_shown
from shared.contracts.run import NodeState, Run

router = APIRouter(tags=["runs"])


@router.get(
    "/runs/{run_id}/nodes/{node_id}",
    dependencies=[needs("runs:read")],
    summary="Get a node of a run",
    responses=answers(404, _200=(NodeRunResource, "The node and its attempts")),
)
async def get(request: Request, workspace_id: str, run_id: str, node_id: str) -> Response:
    """With what each attempt received, answered, wrote to its log and used, and what the node waits for."""
    gateway = gateway_of(request)
    run = await gateway.run(workspace_id, run_id)
    pinned = await gateway.pinned.get(workspace_id, run.version)
    if node_id not in run.nodes and (pinned is None or node_id not in pinned.node_ids):
        raise Refused("not_found", f"Run {run_id!r} has no node {node_id!r}")
    return spliced(gateway.payloads, await node_run_shown(gateway, run, node_id, root_of(request)))


async def node_run_shown(gateway: Gateway, run: Run, node_id: str, root: str) -> Shown:
    """The node's resource, to be `spliced`; `root` is the URL under which the caller reaches this gateway."""
    state = run.nodes.get(node_id, NodeState())
    results = await attempts_of(gateway, run, node_id)
    values = [value for each in results for value in (each.input, each.output) if value]
    waiting = await gateway.payloads.texts(input_of(state))
    texts = {**await texts_of(gateway.payloads, values), **waiting}
    return {
        "node": node_id,
        "run_id": run.id,
        **node_shown(state),
        "waiting": waiting_shown(run, node_id, texts, root),
        "attempts": [attempt_shown(each, texts) for each in results],
    }


def root_of(request: Request) -> str:
    """The URL under which callers reach this gateway."""
    return (gateway_of(request).public_url or str(request.base_url)).rstrip("/")
