"""Signing in and out, by password."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import OPEN, answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import ANYBODY, SIGNED_IN
from services.gateway.identity.browsers import drop_cookies, set_cookies, token_of
from services.gateway.identity.callers import Caller, caller_of, signed_in
from services.gateway.identity.inviting import opened, taken
from services.gateway.identity.newcomers import new_user, new_workspace
from services.gateway.identity.passwords import MIN_CHARS
from services.gateway.identity.rights import Access
from services.gateway.identity.signing_in import (
    begun,
    changed_user,
    person_with,
    refused,
    renewed,
    signed_out,
    unauthorized,
)
from services.gateway.identity.tokens import ACCESS_S
from services.gateway.identity_inputs import Acceptance, RefreshInput, SignIn, SignUp
from services.gateway.identity_resources import SignedIn, SignedUp, Ways, person_shown
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.contracts.identity import Session, User
from shared.ids import now_ms

SIGN_UP_SAID = "If nobody had this address yet, it is yours now: sign in with it"

router = APIRouter(tags=["signing in"], prefix="/auth")


@router.get(
    "/ways",
    dependencies=[ANYBODY],
    summary="How to sign in",
    responses=answers(_200=(Ways, "What this installation offers")),
    openapi_extra=OPEN,
)
async def ways(request: Request) -> Response:
    """For whoever draws a sign-in page."""
    gateway = gateway_of(request)
    oidc = gateway.provider.name if gateway.provider else None
    known = {"password": True, "sign_up": gateway.sign_up, "oidc": oidc, "reset": gateway.sends_mail}
    return json_response(known)


@router.post(
    "/sign-in",
    dependencies=[ANYBODY],
    summary="Sign in",
    responses=answers(413, _200=(SignedIn, "A session has begun")),
    openapi_extra={**takes(SignIn), **OPEN},
)
async def sign_in(request: Request) -> Response:
    """The access token is good for minutes, the refresh token once, the session until it was not used for 30
    days. A wrong address and a wrong password are answered alike."""
    gateway = gateway_of(request)
    given, _ = await read(request, SignIn)
    user = await person_with(gateway, request, given.email, given.password)
    if user is None:
        await refused(gateway, request, Caller("person", "", given.email))
        raise unauthorized()
    return _session_shown(gateway, request, user, await begun(gateway, request, user), given.cookie)


@router.post(
    "/refresh",
    dependencies=[ANYBODY],
    summary="Get new tokens",
    responses=answers(403, 413, _200=(SignedIn, "The session goes on")),
    openapi_extra={**takes(RefreshInput, required=False), **OPEN},
)
async def refresh(request: Request) -> Response:
    """Each refresh token is good once: coming with one that was used before ends the session. Browsers send
    their cookie, and `X-CSRF-Token` with it."""
    gateway = gateway_of(request)
    given, _ = await read(request, RefreshInput)
    token, kept = token_of(gateway, request, given.refresh_token)
    user, session = await renewed(gateway, request, token)
    return _session_shown(gateway, request, user, session, kept)


@router.post(
    "/sign-out",
    dependencies=[ANYBODY],
    summary="Sign out",
    status_code=204,
    responses=answers(403, 413),
    openapi_extra={**takes(RefreshInput, required=False), **OPEN},
)
async def sign_out(request: Request) -> Response:
    """The session of this refresh token ends, and its access tokens with it."""
    gateway = gateway_of(request)
    given, _ = await read(request, RefreshInput)
    token, _ = token_of(gateway, request, given.refresh_token)
    await signed_out(gateway, request, token)
    response = Response(status_code=204)
    drop_cookies(response)
    return response


@router.post(
    "/sign-out-everywhere",
    dependencies=[SIGNED_IN],
    summary="Sign out everywhere",
    status_code=204,
    responses=answers(403),
)
async def sign_out_everywhere(request: Request) -> Response:
    """All your sessions end, this one too. API keys stay: remove them one by one."""
    gateway = gateway_of(request)
    caller = signed_in(request)
    await changed_user(gateway, caller.id, epoch=None)
    response = Response(status_code=204)
    drop_cookies(response)
    return response


@router.post(
    "/sign-up",
    dependencies=[ANYBODY],
    summary="Sign up",
    status_code=202,
    responses=answers(403, 413, _202=(SignedUp, "The same for every address")),
    openapi_extra={**takes(SignUp), **OPEN},
)
async def sign_up(request: Request) -> Response:
    """Where `WEFT_SIGN_UP` is `open`. You get a workspace of your own. The answer does not tell whether
    somebody had the address already."""
    gateway = gateway_of(request)
    given, _ = await read(request, SignUp)
    if gateway.sign_up != "open":
        raise Refused("forbidden", "Nobody can sign up here: ask an admin of your workspace to invite you")
    user = await new_user(gateway, given.email, given.name, given.password)
    if user is not None:
        await new_workspace(gateway, user.id, f"{given.name}'s workspace"[:200])
        request.scope["caller"] = Caller("person", user.id, user.email)
    return json_response({"message": SIGN_UP_SAID}, 202)


@router.post(
    "/invitations/accept",
    dependencies=[ANYBODY],
    summary="Accept an invitation",
    responses=answers(404, 413, _200=(SignedIn, "You are a member, and signed in")),
    openapi_extra={**takes(Acceptance), **OPEN},
)
async def accept(request: Request) -> Response:
    """Whoever has no account under the address that was invited gets one with this password; whoever has one
    gives the password of it. An invitation is good once, and for a week."""
    gateway = gateway_of(request)
    given, _ = await read(request, Acceptance)
    invitation = await opened(gateway.directory, given.token, now_ms())
    user = None
    if await gateway.directory.users.with_email(invitation.email) is None:
        if len(given.password) < MIN_CHARS:
            raise Refused("not_possible", f"password: choose one with {MIN_CHARS} or more characters")
        user = await new_user(gateway, invitation.email, given.name or "", given.password)
    user = user or await person_with(gateway, request, invitation.email, given.password)
    if user is None:
        await refused(gateway, request, Caller("person", "", invitation.email))
        raise unauthorized()
    await taken(gateway.directory, invitation, user)
    await gateway.access_changed()
    session = await begun(gateway, request, user)
    request.scope["access"] = Access(caller_of(request), invitation.workspace_id, invitation.role)
    return _session_shown(gateway, request, user, session, given.cookie)


def _session_shown(
    gateway: Gateway, request: Request, user: User, session: Session, cookie: bool
) -> Response:
    shown: dict[str, object] = {
        "access_token": gateway.tokens.access(session, now_ms()),
        "token_type": "Bearer",
        "expires_in": ACCESS_S,
        "user": person_shown(user),
    }
    token = (
        {"csrf_token": gateway.tokens.csrf(session.id)}
        if cookie
        else {"refresh_token": gateway.tokens.refresh(session)}
    )
    response = json_response({**shown, **token})
    if cookie:
        set_cookies(response, gateway, request, session)
    return response
