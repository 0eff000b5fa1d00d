"""The token endpoint of an OAuth server (RFC 6749, sections 4 to 6): what is asked of it, what it answers."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from services.connectors.oauth2 import OAuth2
from shared.contracts.base import Contract, Millis
from shared.contracts.value import from_json
from shared.http import HttpClient, HttpFailed, HttpRequest, HttpResponse
from shared.ids import now_ms
from shared.redaction import Redactor

TIMEOUT_S = 15
MARGIN_MS = 30_000
"""A token that expires this soon is not begun to be used."""
MOST_BYTES = 200_000


class TokenSet(Contract):
    """What a token endpoint has given out."""

    access: str
    refresh: str = ""
    expires_at: Millis | None = None

    def __repr__(self) -> str:
        return "<TokenSet>"

    @property
    def fresh(self) -> bool:
        """Whether the access token is good for a while."""
        return self.expires_at is None or self.expires_at - MARGIN_MS > now_ms()


class Denied(Exception):
    """The server will not give out tokens for this, however often it is asked."""


class Unreached(Exception):
    """There was no answer that says anything; a later try may get one."""


async def tokens_for(
    http: HttpClient, client: OAuth2, form: Mapping[str, str], *, kept_refresh: str = ""
) -> TokenSet:
    """Ask for tokens; raises Denied or Unreached, whose texts hold no secret. A server that gives out no new
    refresh token means the old one to be used again."""
    redactor = Redactor([*client.secrets(), *form.values()])
    try:
        answer = await http.send(_request(client, form))
    except HttpFailed as failed:
        raise Unreached(redactor.text(failed.message)) from None
    body = _body(answer)
    if answer.status != 200 or not isinstance(body.get("access_token"), str):
        said = f"the token endpoint answered {answer.status}{redactor.text(_told(body))}"
        raise (Denied if 200 <= answer.status < 500 and answer.status not in (408, 429) else Unreached)(said)
    lasts_s, refresh = body.get("expires_in"), body.get("refresh_token")
    lasts_ms = int(lasts_s * 1000) if isinstance(lasts_s, int | float) and 0 < lasts_s < 10**10 else None
    return TokenSet(
        access=body["access_token"],
        refresh=refresh if isinstance(refresh, str) and refresh else kept_refresh,
        expires_at=None if lasts_ms is None else now_ms() + lasts_ms,
    )


def _request(client: OAuth2, form: Mapping[str, str]) -> HttpRequest:
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    sent = dict(form)
    if client.client_secret and client.client_auth == "basic":
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        sent["client_id"] = client.client_id
        if client.client_secret:
            sent["client_secret"] = client.client_secret
    return HttpRequest(
        "POST", client.token_url, headers=headers, body=urlencode(sent).encode(), timeout_s=TIMEOUT_S,
        follow_redirects=False, max_bytes=MOST_BYTES,
    )  # fmt: skip


def _body(answer: HttpResponse) -> dict[str, Any]:
    try:
        body = from_json(answer.body.decode())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _told(body: Mapping[str, Any]) -> str:
    """`: invalid_grant, the code was used before`, as far as the server says so."""
    said = [str(body[name])[:300] for name in ("error", "error_description") if body.get(name)]
    return f": {', '.join(said)}" if said else ""
