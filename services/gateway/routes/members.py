"""Who belongs to a workspace."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.key_making import check_role
from services.gateway.identity.membership import removed, with_role
from services.gateway.identity_inputs import RoleChange
from services.gateway.identity_resources import MemberResource, MembersPage, all_of, members_shown
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read

router = APIRouter(tags=["members"])


@router.get(
    "/members",
    dependencies=[needs("members:read")],
    summary="List the members",
    responses=answers(403, 404, _200=(MembersPage, "Those who came first, first")),
)
async def list_all(request: Request, workspace_id: str) -> Response:
    """Everybody who belongs to this workspace."""
    directory = gateway_of(request).directory
    found = await directory.members.of_workspace(workspace_id)
    people = await directory.users.load([each.user_id for each in found])
    return json_response(all_of(members_shown(found, people)))


@router.patch(
    "/members/{user_id}",
    dependencies=[needs("members:write")],
    summary="Give a member another role",
    responses=answers(403, 404, 409, 413, _200=(MemberResource, "So they are")),
    openapi_extra=takes(RoleChange),
)
async def change(request: Request, workspace_id: str, user_id: str) -> Response:
    """At once. One admin is always left: 409 (`last_admin`) otherwise."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, RoleChange)
    check_role(wanted.role, access_of(request).role)
    member = await with_role(gateway.directory, workspace_id, user_id, wanted.role)
    await gateway.access_changed()
    (shown,) = members_shown([member], await gateway.directory.users.load([user_id]))
    return json_response(shown)


@router.delete(
    "/members/{user_id}",
    dependencies=[needs("members:write")],
    summary="Remove a member",
    status_code=204,
    responses=answers(403, 404, 409),
)
async def remove(request: Request, workspace_id: str, user_id: str) -> Response:
    """Their grants go too, and neither their sign-ins nor their own keys open this workspace any more. The
    workspace's keys stay, whoever has made them."""
    gateway = gateway_of(request)
    await removed(gateway.directory, workspace_id, user_id)
    await gateway.access_changed()
    return Response(status_code=204)
