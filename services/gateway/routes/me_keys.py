"""A person's own keys."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import SIGNED_IN
from services.gateway.identity.callers import Caller, need_scope, person_of
from services.gateway.identity.key_making import check_room, made_key
from services.gateway.identity_inputs import NewPersonalKey
from services.gateway.identity_resources import KeysPage, NewKeyResource, all_of, key_shown
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read

router = APIRouter(tags=["me"], prefix="/me")


@router.get(
    "/api-keys",
    dependencies=[SIGNED_IN],
    summary="List your keys",
    responses=answers(403, _200=(KeysPage, "The newest first")),
)
async def list_all(request: Request) -> Response:
    """They act for you wherever you are a member. Only their beginning is known any more."""
    caller = _keys_of(request, "keys:read")
    found = await gateway_of(request).directory.keys.of_user(caller.id)
    return json_response(all_of([key_shown(each) for each in found]))


@router.post(
    "/api-keys",
    dependencies=[SIGNED_IN],
    summary="Make a key for yourself",
    status_code=201,
    responses=answers(403, 413, _201=(NewKeyResource, "Made; the key is shown this once")),
    openapi_extra=takes(NewPersonalKey),
)
async def create(request: Request) -> Response:
    """A key made with a key can do no more, and lasts no longer, than that."""
    directory, caller = gateway_of(request).directory, _keys_of(request, "keys:write")
    wanted, _ = await read(request, NewPersonalKey)
    check_room(await directory.keys.of_user(caller.id))
    key, text = await made_key(
        directory, caller, "personal", wanted.name,
        scopes=wanted.scopes, days=wanted.expires_in_days, owner={"user_id": caller.id},
    )  # fmt: skip
    location = {"Location": f"{request.url.path}/{key.id}"}
    return json_response(key_shown(key, text), 201, location)


@router.delete(
    "/api-keys/{key_id}",
    dependencies=[SIGNED_IN],
    summary="Remove one of your keys",
    status_code=204,
    responses=answers(403, 404),
)
async def remove(request: Request, key_id: str) -> Response:
    """It opens nothing any more, at once."""
    gateway, caller = gateway_of(request), _keys_of(request, "keys:write")
    key = await gateway.directory.keys.get(key_id)
    if key is None or key.kind != "personal" or key.user_id != caller.id:
        raise Refused("not_found", f"You have no key {key_id!r}")
    await gateway.directory.keys.remove(key_id)
    await gateway.access_changed()
    return Response(status_code=204)


def _keys_of(request: Request, scope: str) -> Caller:
    """The person whose keys this is about; raises Refused where a key is not good for that."""
    caller = person_of(request)
    need_scope(caller, scope)
    return caller
