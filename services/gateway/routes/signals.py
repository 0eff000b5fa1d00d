"""Resume URLs: a signal to a node, from whoever knows its URL. No key is asked for: the token is one."""

import orjson
from fastapi import APIRouter, Request, Response

from services.gateway.checking import check_fits
from services.gateway.control_resources import SignalReceipt
from services.gateway.controlling import control_id, controlled
from services.gateway.documented import CONTROL_KEY, answers
from services.gateway.errors import Refused
from services.gateway.fitting import already_signalled, signalled
from services.gateway.identity.access import ANYBODY
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import body_of, parse
from shared.contracts.base import Json
from shared.contracts.directive import AwaitSignal
from shared.contracts.events import RunControl
from shared.contracts.run import NodeState, Run
from shared.contracts.value import to_json
from shared.contracts.version import PinnedGraph
from shared.expressions.templates import OPEN
from shared.signals import NODE_TYPE, genuine

BODY = {
    "requestBody": {
        "required": False,
        "description": "Any JSON; nothing counts as null. It has to fit the node's schema, if it has one",
        "content": {"application/json": {"schema": {}, "example": {"paid": True, "amount": 42}}},
    },
    "parameters": [CONTROL_KEY],
    "security": [],
}

router = APIRouter(tags=["signals"])


@router.post(
    "/signals/{run_id}/{node_id}/{token}",
    dependencies=[ANYBODY],
    summary="Send a signal",
    responses=answers(
        404,
        409,
        413,
        _200=(SignalReceipt, "It has arrived"),
        _202=(SignalReceipt, "It is on its way"),
    ),
    openapi_extra=BODY,
)
async def send(request: Request, run_id: str, node_id: str, token: str) -> Response:
    """The node goes on with the body as its output. A signal that comes before the node waits for it is kept;
    the first one counts."""
    gateway = gateway_of(request)
    run, graph = await _addressed(gateway, run_id, node_id, token)
    raw = await body_of(request)
    value = parse(raw) if raw.strip() else None
    body = await gateway.keep(to_json(value), "the body")
    control, keyed = control_id(request, run)
    fits = signalled(node_id, body)
    if not keyed and fits(run):
        raise already_signalled(node_id)
    if schema := _schema(run, graph, node_id):
        await check_fits(value, schema, name="body")
    wanted = RunControl(run_id=run.id, id=control, action="signal", node=node_id, output=body, by="signal")
    run, effect = await controlled(gateway, run, wanted, fits, keyed=keyed)
    receipt = {"run_id": run.id, "node": node_id, "kept": node_id in run.signals}
    return json_response(receipt, 202 if effect == "pending" else 200)


async def _addressed(gateway: Gateway, run_id: str, node_id: str, token: str) -> tuple[Run, PinnedGraph]:
    """The run of that node. Whatever is wrong with the URL, the answer is the same."""
    run = await gateway.any_run(run_id)
    if run is not None and genuine(run, node_id, token):
        graph = await gateway.pinned.graph(run.workspace_id, run.version)
        if node_id in graph.nodes and graph.nodes[node_id].type == NODE_TYPE:
            return run, graph
    raise Refused("not_found", "There is no such signal: the URL is incomplete, or not one of ours")


def _schema(run: Run, graph: PinnedGraph, node_id: str) -> Json | None:
    """What the body has to fit: as the node has worked it out, or as it is written unless it has to be worked
    out first."""
    suspended = run.nodes.get(node_id, NodeState()).suspended
    if suspended and isinstance(suspended.directive, AwaitSignal):
        return suspended.directive.form
    schema = graph.nodes[node_id].config.get("schema")
    text = orjson.dumps(schema).decode()
    return None if schema is None or OPEN in text else text
