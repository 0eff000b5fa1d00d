"""What belongs to no workspace: types of credential, the way back from a sign-in, the vault's keys."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.gateway.credentials import signing_in
from services.gateway.credentials.inputs import CallbackQuery
from services.gateway.credentials.resources import CredentialTypePage, VaultResource
from services.gateway.documented import OPEN, answers
from services.gateway.errors import Refused
from services.gateway.identity.access import ANYBODY, SIGNED_IN, needs
from services.gateway.parts import gateway_of
from services.gateway.present import json_response

CONNECTED = "<!doctype html><title>Weft</title><p>Connected. You can close this window.</p>"

router = APIRouter(tags=["vault"])


@router.get(
    "/credential-types",
    dependencies=[SIGNED_IN],
    summary="List the types of credential",
    responses=answers(_200=(CredentialTypePage, "By name")),
)
async def types(request: Request) -> Response:
    """What credentials can be of, as the connectors have announced it."""
    known = await gateway_of(request).credential_types.current()
    return json_response({"items": [each.model_dump(mode="json") for each in known.values()]})


@router.get(
    "/vault",
    dependencies=[needs("platform")],
    summary="The vault's keys in use",
    responses=answers(403, _200=(VaultResource, "By key")),
)
async def keys(request: Request) -> Response:
    """After a rotation connectors seal all anew to the new key; old keys can go once `old` is 0."""
    gateway = gateway_of(request)
    sealed = Counter(await gateway.credentials.by_key())
    sealed.update(await gateway.credential_states.by_key())
    sealed.update(await gateway.alert_channels.by_key())
    sealed.update(await gateway.variables.by_key())
    sealed.update(await gateway.deliveries.by_key())
    kid = gateway.sealing_key.kid if gateway.sealing_key else None
    old = sum(count for each, count in sealed.items() if each != kid)
    return json_response({"kid": kid, "sealed": dict(sealed), "old": old})


@router.get(
    "/oauth/callback",
    dependencies=[ANYBODY],
    summary="Come back from a sign-in",
    response_class=HTMLResponse,
    responses=answers(403, 404),
    openapi_extra=OPEN,
)
async def callback(request: Request, query: Annotated[CallbackQuery, Query()]) -> Response:
    """For the browser that an OAuth server sends back. It must be the one that began; each sign-in ends here
    once."""
    gateway = gateway_of(request)
    cookie = request.cookies.get(signing_in.cookie_name(query.state), "")
    begun = await signing_in.of_browser(gateway, query.state, cookie)
    if query.error or not query.code:
        said = f"{query.error or 'no code'} {query.error_description}".strip()
        raise Refused("sign_in_denied", f"The other side has not let us in: {said[:500]}")
    state = await signing_in.finished(gateway, begun, query.code, request.scope["traceparent"])
    if not state.works:
        raise Refused("sign_in_denied", f"The other side has given out no tokens: {state.test_message}")
    safe = {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(CONNECTED, headers=safe)
