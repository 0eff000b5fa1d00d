"""Everybody of the installation, for its owners."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import needs
from services.gateway.identity.browsers import base_of
from services.gateway.identity.callers import caller_of
from services.gateway.identity.resetting import reset_of
from services.gateway.identity.signing_in import changed_user
from services.gateway.identity_inputs import PeopleQuery, PersonChange
from services.gateway.identity_resources import PersonPage, PersonResource, ResetResource, person_shown
from services.gateway.parts import gateway_of
from services.gateway.present import iso, json_response, page
from services.gateway.reading import read
from shared.ids import now_ms

router = APIRouter(tags=["people"])


@router.get(
    "/people",
    dependencies=[needs("platform")],
    summary="List everybody",
    responses=answers(403, _200=(PersonPage, "The newest first")),
)
async def list_all(request: Request, query: Annotated[PeopleQuery, Query()]) -> Response:
    """Whatever workspaces they belong to."""
    users = gateway_of(request).directory.users
    if query.email is None:
        found = await users.page(before=query.cursor, limit=query.limit + 1)
    else:
        one = await users.with_email(query.email)
        found = [one] if one else []
    return json_response(page([person_shown(each) for each in found], query.limit))


@router.patch(
    "/people/{user_id}",
    dependencies=[needs("platform")],
    summary="Shut a person out, or let them in again",
    responses=answers(403, 404, 409, 413, _200=(PersonResource, "So it is")),
    openapi_extra=takes(PersonChange),
)
async def change(request: Request, user_id: str) -> Response:
    """Who is shut out has no sessions any more, and their own keys open nothing. Nobody shuts themselves
    out."""
    caller = caller_of(request)
    wanted, _ = await read(request, PersonChange)
    if wanted.state == "disabled" and user_id == caller.id:
        raise Refused("forbidden", "You cannot shut out yourself")
    user = await changed_user(gateway_of(request), user_id, state=wanted.state, epoch=None)
    return json_response(person_shown(user))


@router.post(
    "/people/{user_id}/password-reset",
    dependencies=[needs("platform")],
    summary="Make a link that sets a person's password anew",
    status_code=201,
    responses=answers(403, 404, _201=(ResetResource, "Shown this once: pass it on")),
)
async def make_reset(request: Request, user_id: str) -> Response:
    """For who has forgotten theirs where no mails are sent. The link is good once, for 45 minutes; until then
    everything stays as it is."""
    gateway, now = gateway_of(request), now_ms()
    user = await gateway.directory.users.get(user_id)
    if user is None or user.state != "active":
        raise Refused("not_found", f"There is no user {user_id!r}, or they have been shut out")
    made, token = reset_of(user, now)
    await gateway.directory.resets.insert(made)
    url = f"{base_of(gateway, request)}/reset#{token}"
    return json_response({"token": token, "url": url, "expires_at": iso(made.expires_at)}, 201)
