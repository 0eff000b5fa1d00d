"""Workspaces."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import SIGNED_IN, access_of, needs
from services.gateway.identity.callers import Caller, caller_of, need_scope
from services.gateway.identity.newcomers import new_workspace
from services.gateway.identity_inputs import NewWorkspace, WorkspaceChange, WorkspacesQuery
from services.gateway.identity_resources import WorkspaceResource, WorkspacesPage, all_of, workspace_shown
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response, page
from services.gateway.reading import read
from services.gateway.routes.me import workspaces_of
from shared.contracts.identity import Workspace

MOST_TRIES = 10

router = APIRouter(tags=["workspaces"])
outer = APIRouter(tags=["workspaces"])


@outer.get(
    "/workspaces",
    dependencies=[SIGNED_IN],
    summary="List workspaces",
    responses=answers(403, _200=(WorkspacesPage, "Yours by name; all of the installation by id")),
)
async def list_all(request: Request, query: Annotated[WorkspacesQuery, Query()]) -> Response:
    """Those that you belong to. Owners of the installation see all with `all=true`."""
    gateway, caller = gateway_of(request), caller_of(request)
    if not query.all:
        return json_response(all_of(await workspaces_of(gateway, caller)))
    if not caller.owner:
        raise Refused("forbidden", "That is for owners of this installation")
    need_scope(caller, "platform")
    mine = {each["id"]: each["role"] for each in await workspaces_of(gateway, caller)}
    found = await gateway.directory.workspaces.page(after=query.cursor, limit=query.limit + 1)
    shown = [workspace_shown(each, mine.get(each.id, caller.everywhere)) for each in found]
    return json_response(page(shown, query.limit))


@outer.post(
    "/workspaces",
    dependencies=[SIGNED_IN],
    summary="Create a workspace",
    status_code=201,
    responses=answers(403, 413, _201=(WorkspaceResource, "Created; you are its admin")),
    openapi_extra=takes(NewWorkspace),
)
async def create(request: Request) -> Response:
    """Owners of the installation may; where `WEFT_SIGN_UP` is `open`, everybody who is a person."""
    gateway, caller = gateway_of(request), caller_of(request)
    _need_founder(gateway, caller)
    wanted, _ = await read(request, NewWorkspace)
    admin = caller.id if caller.kind == "person" else None
    workspace = await new_workspace(gateway, admin, wanted.name)
    location = {"Location": f"{request.url.path}/{workspace.id}"}
    return json_response(workspace_shown(workspace, "admin" if admin else caller.everywhere), 201, location)


@router.get(
    "",
    dependencies=[needs("members:read")],
    summary="Get a workspace",
    responses=answers(403, 404, _200=(WorkspaceResource, "The workspace")),
)
async def get(request: Request, workspace_id: str) -> Response:
    """With your role in it."""
    return json_response(
        workspace_shown(await _here(gateway_of(request), workspace_id), access_of(request).role)
    )


@router.patch(
    "",
    dependencies=[needs("workspace:write")],
    summary="Rename a workspace",
    responses=answers(403, 404, 409, 413, _200=(WorkspaceResource, "Renamed")),
    openapi_extra=takes(WorkspaceChange),
)
async def change(request: Request, workspace_id: str) -> Response:
    """Its id stays."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, WorkspaceChange)
    for _ in range(MOST_TRIES):
        before = await _here(gateway, workspace_id)
        after = before.model_copy(update={"name": wanted.name, "rev": before.rev + 1})
        if await gateway.directory.workspaces.save(after):
            await gateway.access_changed()
            return json_response(workspace_shown(after, access_of(request).role))
    raise Refused("stale_revision", "Others keep changing this workspace; please try again")


def _need_founder(gateway: Gateway, caller: Caller) -> None:
    """Raises Refused for whoever may not make workspaces."""
    if caller.owner:
        need_scope(caller, "platform")
    elif caller.kind == "person" and gateway.sign_up == "open":
        need_scope(caller, "workspace:write")
    else:
        raise Refused("forbidden", "Only owners of this installation make workspaces here")


async def _here(gateway: Gateway, workspace_id: str) -> Workspace:
    found = await gateway.directory.workspaces.get(workspace_id)
    if found is None:
        raise Refused("not_found", f"There is no such workspace, or it is not yours: {workspace_id!r}")
    return found
