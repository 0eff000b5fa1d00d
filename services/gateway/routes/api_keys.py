"""A workspace's own keys."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.key_making import check_role, check_room, check_scopes, latest_end, made_key
from services.gateway.identity.keys import hashed, new_key
from services.gateway.identity_inputs import KeyRotation, NewWorkspaceKey
from services.gateway.identity_resources import KeysPage, NewKeyResource, all_of, key_shown
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.contracts.identity import ApiKey
from shared.ids import now_ms

router = APIRouter(tags=["API keys"])


@router.get(
    "/api-keys",
    dependencies=[needs("keys:read")],
    summary="List the workspace's keys",
    responses=answers(403, 404, _200=(KeysPage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str) -> Response:
    """Only their beginning is known any more. People's own keys are not among them."""
    found = await gateway_of(request).directory.keys.of_workspace(workspace_id)
    return json_response(all_of([key_shown(each) for each in found]))


@router.post(
    "/api-keys",
    dependencies=[needs("keys:write")],
    summary="Make a key for the workspace",
    status_code=201,
    responses=answers(403, 404, 413, _201=(NewKeyResource, "Made; the key is shown this once")),
    openapi_extra=takes(NewWorkspaceKey),
)
async def create(request: Request, workspace_id: str) -> Response:
    """It belongs to no person, and stays when people go. It can do no more than whoever makes it."""
    directory, access = gateway_of(request).directory, access_of(request)
    wanted, _ = await read(request, NewWorkspaceKey)
    check_role(wanted.role, access.role)
    check_room(await directory.keys.of_workspace(workspace_id))
    key, text = await made_key(
        directory, access.caller, "workspace", wanted.name, scopes=wanted.scopes,
        days=wanted.expires_in_days, owner={"workspace_id": workspace_id, "role": wanted.role},
    )  # fmt: skip
    location = {"Location": f"{request.url.path}/{key.id}"}
    return json_response(key_shown(key, text), 201, location)


@router.post(
    "/api-keys/{key_id}/rotate",
    dependencies=[needs("keys:write")],
    summary="Replace a key",
    status_code=201,
    responses=answers(403, 404, 409, 413, _201=(NewKeyResource, "Its successor; the key is shown this once")),
    openapi_extra=takes(KeyRotation, required=False),
)
async def rotate(request: Request, workspace_id: str, key_id: str) -> Response:
    """Its successor may do the same, as long. The old one stays good for `overlap_s` seconds, so that those
    who use it can change over."""
    gateway, access = gateway_of(request), access_of(request)
    wanted, _ = await read(request, KeyRotation)
    old = await _here(gateway, workspace_id, key_id)
    check_role(old.role or "admin", access.role)
    check_scopes(old.scopes, access.caller)
    successor_id, text = new_key()
    now = now_ms()
    if old.run_out(now):
        raise Refused("not_found", f"The key {key_id!r} has run out: make a new one")
    change = {"id": successor_id, "hash": hashed(text), "created_at": now, "last_used_at": None, "rev": 0,
              "expires_at": await latest_end(gateway.directory, access.caller, old.expires_at)}  # fmt: skip
    successor = old.model_copy(update=change)
    await gateway.directory.keys.insert(successor)
    await _ends(gateway, old, now + wanted.overlap_s * 1000)
    await gateway.access_changed()
    return json_response(key_shown(successor, text), 201)


@router.delete(
    "/api-keys/{key_id}",
    dependencies=[needs("keys:write")],
    summary="Remove a key",
    status_code=204,
    responses=answers(403, 404),
)
async def remove(request: Request, workspace_id: str, key_id: str) -> Response:
    """It opens nothing any more, at once."""
    gateway = gateway_of(request)
    key = await _here(gateway, workspace_id, key_id)
    await gateway.directory.keys.remove(key.id)
    await gateway.access_changed()
    return Response(status_code=204)


async def _here(gateway: Gateway, workspace_id: str, key_id: str) -> ApiKey:
    """A key of this workspace; raises Refused (`not_found`)."""
    key = await gateway.directory.keys.get(key_id)
    if key is None or key.kind != "workspace" or key.workspace_id != workspace_id:
        raise Refused("not_found", f"There is no key {key_id!r} here")
    return key


async def _ends(gateway: Gateway, key: ApiKey, at: int) -> None:
    """Have a key run out, unless it does so sooner anyhow. It may be in use, and noted so, meanwhile."""
    while key.expires_at is None or key.expires_at > at:
        if await gateway.directory.keys.save(key.model_copy(update={"expires_at": at, "rev": key.rev + 1})):
            return
        found = await gateway.directory.keys.get(key.id)
        if found is None:
            return
        key = found
