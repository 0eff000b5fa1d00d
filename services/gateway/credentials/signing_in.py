"""Signing in with the other side: OAuth 2.0's authorization code, with PKCE (RFC 7636). The code comes back
through the browser that began it; the connectors make tokens of it."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from secrets import compare_digest, token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from services.gateway.credentials.asking import ask
from services.gateway.credentials.keeping import need_own
from services.gateway.errors import Refused
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway
from shared.contracts.base import Millis
from shared.contracts.credential import Connecting, Credential, CredentialState
from shared.contracts.events import CredentialAsked
from shared.ids import new_id, now_ms
from shared.sealing import SealingKey
from shared.storage.credentials import connecting_context

CALLBACK = "/api/v1/oauth/callback"
LASTS_MS = 600_000


@dataclass(frozen=True)
class SignIn:
    """Where to send the person, and the cookie that their browser is to bring back."""

    url: str
    cookie_name: str
    cookie: str
    expires_at: Millis


async def begun(gateway: Gateway, access: Access, credential: Credential) -> SignIn:
    """A sign-in that the caller begins; raises Refused."""
    need_own(access, credential)
    fields = orjson.loads(credential.fields)
    if fields.get("grant") != "authorization_code" or not fields.get("authorize_url"):
        raise Refused(
            "no_sign_in", f"Nobody signs in for a credential of type {credential.type} like this one"
        )
    if not gateway.public_url:
        raise Refused("no_public_url", "The browser cannot be sent back: set WEFT_PUBLIC_URL of the gateway")
    state, cookie, verifier = token_urlsafe(32), token_urlsafe(32), token_urlsafe(64)
    blank = Connecting(
        id=_digest(state), workspace_id=credential.workspace_id, credential_id=credential.id,
        data_rev=credential.data_rev, caller=access.caller.id, browser=_digest(cookie),
        redirect_uri=gateway.public_url.rstrip("/") + CALLBACK, verifier="", expires_at=now_ms() + LASTS_MS,
    )  # fmt: skip
    sealed = _key(gateway).seal(verifier.encode(), connecting_context(blank, "verifier"))
    connecting = blank.model_copy(update={"verifier": sealed})
    await gateway.connectings.begin(connecting, now_ms())
    url = _url(fields, state, _challenge(verifier), connecting.redirect_uri)
    return SignIn(url, cookie_name(state), cookie, connecting.expires_at)


async def of_browser(gateway: Gateway, state: str, cookie: str) -> Connecting:
    """The sign-in that this browser began; raises Refused."""
    found = await _found(gateway, state)
    if not compare_digest(_digest(cookie), found.browser):
        said = (
            "This browser has not begun the sign-in. Whoever did can finish it with `state` and `code` of "
            "this page's address: POST them to the credential's `connect`"
        )
        raise Refused("other_browser", said)
    return found


async def of_caller(gateway: Gateway, access: Access, credential: Credential, state: str) -> Connecting:
    """The sign-in that this caller began for this credential; raises Refused."""
    found = await _found(gateway, state)
    if (found.credential_id, found.workspace_id, found.caller) != (
        credential.id, access.workspace_id, access.caller.id,
    ):  # fmt: skip
        raise _unknown()
    return found


async def finished(gateway: Gateway, connecting: Connecting, code: str, trace: str) -> CredentialState:
    """Hand the code to the connectors, once, and see what came of it; raises Refused."""
    credential = await gateway.credentials.get(connecting.workspace_id, connecting.credential_id)
    if credential is None:
        raise Refused("not_found", "The credential has been deleted meanwhile")
    sealed = _key(gateway).seal(code.encode(), connecting_context(connecting, "code"))
    if not await gateway.connectings.answered(connecting.model_copy(update={"code": sealed})):
        raise _unknown()
    asked = CredentialAsked(
        id=new_id("ask"), workspace_id=credential.workspace_id, credential_id=credential.id, ask="connect",
        connecting_id=connecting.id, at=now_ms(),
    )  # fmt: skip
    return await ask(gateway, credential, asked, trace)


def cookie_name(state: str) -> str:
    """The name of the cookie of one sign-in: several may be under way."""
    return f"weft_sign_in_{_digest(state)[:16]}"


async def _found(gateway: Gateway, state: str) -> Connecting:
    found = await gateway.connectings.get(_digest(state), now_ms())
    if found is None or found.code:
        raise _unknown()
    return found


def _unknown() -> Refused:
    return Refused(
        "unknown_sign_in", "This sign-in is not known, has expired or was finished before: begin anew"
    )


def _key(gateway: Gateway) -> SealingKey:
    if gateway.sealing_key is None:
        raise Refused("no_vault", "The gateway was started without WEFT_VAULT_PUBLIC_KEY")
    return gateway.sealing_key


def _url(fields: dict[str, Any], state: str, challenge: str, redirect_uri: str) -> str:
    ours = {
        "response_type": "code", "client_id": fields["client_id"], "redirect_uri": redirect_uri,
        "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    scope = {"scope": " ".join(fields["scopes"])} if fields.get("scopes") else {}
    joiner = "&" if urlsplit(fields["authorize_url"]).query else "?"
    return f"{fields['authorize_url']}{joiner}{urlencode({**fields.get('extra', {}), **scope, **ours})}"


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
