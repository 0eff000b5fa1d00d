"""Checking graphs, and the node types they are made of."""

from fastapi import APIRouter, Request, Response

from services.gateway.credentials.given import named
from services.gateway.documented import answers, takes
from services.gateway.identity.access import SIGNED_IN, access_of, needs
from services.gateway.inputs import GraphToCheck
from services.gateway.parts import gateway_of
from services.gateway.present import check_shown, json_response
from services.gateway.reading import read
from services.gateway.resources import CheckResource, NodeTypePage

router = APIRouter(tags=["graphs"])
catalog_router = APIRouter(tags=["node types"])


@router.post(
    "/graphs/validate",
    dependencies=[needs("workflows:read")],
    summary="Check a graph",
    responses=answers(413, _200=(CheckResource, "All that was found, valid or not")),
    openapi_extra=takes(GraphToCheck),
)
async def validate(request: Request, workspace_id: str) -> Response:
    """Tells everything at once and keeps nothing. `valid` means that it can be published and run."""
    body, _ = await read(request, GraphToCheck)
    gateway, access = gateway_of(request), access_of(request)
    if body.workflow_id:
        access.need("workflows:read", body.workflow_id)
    found = await named(gateway, access, body.graph, body.workflow_id)
    checked = await gateway.drafts.checked(body.graph, workflow_id=body.workflow_id, given=found.given)
    return json_response({"valid": not checked.problems, **check_shown(checked)})


@catalog_router.get(
    "/node-types",
    dependencies=[SIGNED_IN],
    summary="List node types",
    responses=answers(_200=(NodeTypePage, "The catalog, by name")),
)
async def node_types(request: Request) -> Response:
    """What graphs can be made of, as the executors have announced it."""
    types = await gateway_of(request).catalog.current()
    return json_response({"items": [each.model_dump(mode="json") for each in types.values()]})
