"""What single members may do with a workflow."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import needs
from services.gateway.identity_inputs import GrantInput
from services.gateway.identity_resources import GrantResource, GrantsPage, all_of, grant_shown
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.contracts.identity import Grant
from shared.ids import now_ms

router = APIRouter(tags=["members"])


@router.get(
    "/workflows/{workflow_id}/grants",
    dependencies=[needs("members:write")],
    summary="List the grants for a workflow",
    responses=answers(403, 404, _200=(GrantsPage, "All of them")),
)
async def list_all(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """Who may do more or less with this workflow than their role says."""
    gateway = gateway_of(request)
    await gateway.workflow(workspace_id, workflow_id)
    found = await gateway.directory.grants.of_workflow(workspace_id, workflow_id)
    return json_response(all_of([grant_shown(each) for each in found]))


@router.put(
    "/workflows/{workflow_id}/grants/{user_id}",
    dependencies=[needs("members:write")],
    summary="Grant a member something else",
    responses=answers(403, 404, 413, _200=(GrantResource, "So it is")),
    openapi_extra=takes(GrantInput),
)
async def put(request: Request, workspace_id: str, workflow_id: str, user_id: str) -> Response:
    """It counts for this workflow and its runs, instead of the member's role; `none` hides them. It does not
    lower admins, who could take it back."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, GrantInput)
    await gateway.workflow(workspace_id, workflow_id)
    if await gateway.directory.members.get(workspace_id, user_id) is None:
        raise Refused("not_found", f"There is no member {user_id!r} here")
    grant = Grant(
        workspace_id=workspace_id, workflow_id=workflow_id, user_id=user_id, role=wanted.role,
        created_at=now_ms(),
    )  # fmt: skip
    await gateway.directory.grants.put(grant)
    await gateway.access_changed()
    return json_response(grant_shown(grant))


@router.delete(
    "/workflows/{workflow_id}/grants/{user_id}",
    dependencies=[needs("members:write")],
    summary="Take a grant back",
    status_code=204,
    responses=answers(403, 404),
)
async def remove(request: Request, workspace_id: str, workflow_id: str, user_id: str) -> Response:
    """Their role counts again."""
    gateway = gateway_of(request)
    await gateway.workflow(workspace_id, workflow_id)
    if not await gateway.directory.grants.remove(workspace_id, workflow_id, user_id):
        raise Refused("not_found", f"Nothing was granted to {user_id!r} for this workflow")
    await gateway.access_changed()
    return Response(status_code=204)
