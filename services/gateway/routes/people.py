"""Everybody of the installation, for its owners."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import needs
from services.gateway.identity.callers import caller_of
from services.gateway.identity.signing_in import changed_user
from services.gateway.identity_inputs import PersonChange
from services.gateway.identity_resources import PersonPage, PersonResource, person_shown
from services.gateway.inputs import PageQuery
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, page
from services.gateway.reading import read

router = APIRouter(tags=["people"])


@router.get(
    "/people",
    dependencies=[needs("platform")],
    summary="List everybody",
    responses=answers(403, _200=(PersonPage, "The newest first")),
)
async def list_all(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """Whatever workspaces they belong to."""
    found = await gateway_of(request).directory.users.page(before=query.cursor, limit=query.limit + 1)
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
