"""A person's sign-ins, and their accounts at the OpenID provider."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers
from services.gateway.errors import Refused
from services.gateway.identity.access import SIGNED_IN
from services.gateway.identity.callers import signed_in
from services.gateway.identity.signing_in import ended
from services.gateway.identity_resources import (
    IdentitiesPage,
    SessionsPage,
    all_of,
    identity_shown,
    session_shown,
)
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from shared.ids import now_ms

router = APIRouter(tags=["me"], prefix="/me")


@router.get(
    "/sessions",
    dependencies=[SIGNED_IN],
    summary="List your sessions",
    responses=answers(403, _200=(SessionsPage, "Those that are open, the newest first")),
)
async def list_all(request: Request) -> Response:
    """Where you are signed in."""
    gateway, caller, now = gateway_of(request), signed_in(request), now_ms()
    user = await gateway.directory.users.get(caller.id)
    found = await gateway.directory.sessions.of_user(caller.id)
    epoch = user.epoch if user else -1
    opened = [each for each in found if not each.ended_at and each.expires_at > now and each.epoch == epoch]
    return json_response(all_of([session_shown(each, caller.session_id) for each in opened]))


@router.delete(
    "/sessions/{session_id}",
    dependencies=[SIGNED_IN],
    summary="End one of your sessions",
    status_code=204,
    responses=answers(403, 404),
)
async def end(request: Request, session_id: str) -> Response:
    """Whoever is signed in there is not any more."""
    gateway, caller = gateway_of(request), signed_in(request)
    session = await gateway.directory.sessions.get(session_id)
    if session is None or session.user_id != caller.id:
        raise Refused("not_found", f"You have no session {session_id!r}")
    await ended(gateway, session.id)
    return Response(status_code=204)


@router.get(
    "/identities",
    dependencies=[SIGNED_IN],
    summary="List your accounts elsewhere",
    responses=answers(403, _200=(IdentitiesPage, "Those that you can sign in with")),
)
async def list_identities(request: Request) -> Response:
    """Your accounts at the OpenID provider."""
    caller = signed_in(request)
    found = await gateway_of(request).directory.identities.of_user(caller.id)
    return json_response(all_of([identity_shown(each) for each in found]))


@router.delete(
    "/identities/{subject}",
    dependencies=[SIGNED_IN],
    summary="Forget an account elsewhere",
    status_code=204,
    responses=answers(403, 404, 409),
)
async def forget_identity(request: Request, subject: str) -> Response:
    """You can no longer sign in with it. The only way in cannot be closed: choose a password first."""
    directory, caller = gateway_of(request).directory, signed_in(request)
    mine = [each for each in await directory.identities.of_user(caller.id) if each.subject == subject]
    user = await directory.users.get(caller.id)
    if not mine or user is None:
        raise Refused("not_found", f"No account {subject!r} of yours is known here")
    if user.password is None:
        raise Refused("only_way_in", "You have no password: choose one first, or you could not come back")
    for each in mine:
        await directory.identities.remove(each)
    return Response(status_code=204)
