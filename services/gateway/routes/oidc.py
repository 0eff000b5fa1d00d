"""Signing in at the OpenID provider."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from services.gateway.documented import OPEN, answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import ANYBODY, SIGNED_IN
from services.gateway.identity.browsers import base_of, is_secure, set_cookies
from services.gateway.identity.callers import Caller, caller_of, signed_in
from services.gateway.identity.provider import Provider
from services.gateway.identity.recognising import linked, recognised
from services.gateway.identity.recorder import entry_of
from services.gateway.identity.round_trips import LASTS_S, RoundTrip, round_trip
from services.gateway.identity.signing_in import begun
from services.gateway.identity.tokens import compare
from services.gateway.identity_inputs import Linking, OidcCallbackQuery, OidcStartQuery
from services.gateway.identity_resources import LinkingStarted
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.ids import now_ms

CALLBACK = "/api/v1/auth/oidc/callback"
COOKIE = "weft_oidc"

router = APIRouter(tags=["signing in"])


@router.get(
    "/auth/oidc/start",
    dependencies=[ANYBODY],
    summary="Sign in at the OpenID provider",
    status_code=302,
    responses=answers(404) | {302: {"description": "To the provider"}},
    openapi_extra=OPEN,
)
async def start(request: Request, query: Annotated[OidcStartQuery, Query()]) -> Response:
    """For browsers. They come back to `return_to`, a path of ours, with a session."""
    gateway = gateway_of(request)
    provider = _provider(gateway)
    trip = round_trip(query.return_to)
    response = RedirectResponse(await provider.away(trip, _back(gateway, request)), 302)
    _keep(response, gateway, request, trip)
    return response


@router.get(
    "/auth/oidc/callback",
    dependencies=[ANYBODY],
    summary="Come back from the OpenID provider",
    status_code=303,
    responses=answers(403, 404, 409) | {303: {"description": "Signed in, to where you wanted to go"}},
    openapi_extra=OPEN,
)
async def callback(request: Request, query: Annotated[OidcCallbackQuery, Query()]) -> Response:
    """Only for the browser that was sent there, and once. The session is left in its cookies."""
    gateway = gateway_of(request)
    provider = _provider(gateway)
    trip = gateway.round_trips.read(request.cookies.get(COOKIE, ""), now_ms())
    if trip is None or not compare(trip.state, query.state or "") or not provider.is_issuer(query.iss):
        raise Refused("sign_in_failed", "This sign-in was not begun by this browser, or too long ago")
    if query.error or not query.code:
        raise Refused("sign_in_failed", f"{provider.name} has not let you in")
    known = await provider.told(query.code, trip, _back(gateway, request), now_ms())
    response = RedirectResponse(trip.return_to, 303)
    response.delete_cookie(COOKIE, path=CALLBACK)
    if trip.user_id:
        user = await gateway.directory.user(trip.user_id)
        if user is None:
            raise Refused("forbidden", "This account has been shut out")
        await linked(gateway, known, user)
        caller = Caller("person", user.id, user.email)
    else:
        user = await recognised(gateway, known, provider.domains)
        set_cookies(response, gateway, request, await begun(gateway, request, user))
        caller = caller_of(request)
    await gateway.audit.insert([entry_of(request.scope, caller, 303)])  # a GET that is worth recording
    return response


@router.post(
    "/me/identities",
    dependencies=[SIGNED_IN],
    summary="Link your account at the OpenID provider",
    responses=answers(403, 404, 413, _200=(LinkingStarted, "Go there")),
    openapi_extra=takes(Linking, required=False),
)
async def link(request: Request) -> Response:
    """Send the browser to the URL: who it signs in as there can sign in as you here."""
    gateway, caller = gateway_of(request), signed_in(request)
    provider = _provider(gateway)
    wanted, _ = await read(request, Linking)
    trip = round_trip(wanted.return_to, caller.id)
    response = json_response({"authorization_url": await provider.away(trip, _back(gateway, request))})
    _keep(response, gateway, request, trip)
    return response


def _provider(gateway: Gateway) -> Provider:
    if gateway.provider is None:
        raise Refused("not_configured", "No OpenID provider is set up here (WEFT_OIDC_ISSUER)")
    return gateway.provider


def _back(gateway: Gateway, request: Request) -> str:
    return base_of(gateway, request) + CALLBACK


def _keep(response: Response, gateway: Gateway, request: Request, trip: RoundTrip) -> None:
    """Lax, for the browser comes back from another site."""
    response.set_cookie(
        COOKIE, gateway.round_trips.written(trip, now_ms()), max_age=LASTS_S, path=CALLBACK,
        secure=is_secure(gateway, request), httponly=True, samesite="lax",
    )  # fmt: skip
