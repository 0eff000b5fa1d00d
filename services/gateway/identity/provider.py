"""The OpenID provider: where to send people, and who it says they are."""

import asyncio
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.gateway.errors import Refused
from services.gateway.identity.round_trips import RoundTrip
from services.gateway.settings import GatewaySettings
from shared.contracts.base import Millis
from shared.http import HttpClient, HttpFailed, HttpRequest
from shared.telemetry import logger

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Made with a private key. Never `none`, and never one whose secret anybody who checks it has too."""
SCOPE = "openid email profile"
KNOWN_S = 600
LEEWAY_S = 60
ASK_S = 10
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Known:
    """Somebody, as the provider knows them. `email` is one that it has seen to be theirs, or empty."""

    issuer: str
    subject: str
    email: str
    name: str


class Provider:
    """One provider. What it publishes about itself is asked for now and then, and when a key is new."""

    def __init__(self, issuer: str, client_id: str, secret: str, name: str, domains: frozenset[str]) -> None:
        self.name = name
        self.domains = domains
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._allow = [urlsplit(issuer).netloc]
        self._asking = asyncio.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    async def away(self, trip: RoundTrip, back: str) -> str:
        """The URL to send a browser to, which is to come back to `back`. Raises Refused."""
        about, _ = await self._published()
        return prepare_grant_uri(
            about["authorization_endpoint"], self._client_id, "code", redirect_uri=back, scope=SCOPE,
            state=trip.state, nonce=trip.nonce, code_challenge=create_s256_code_challenge(trip.verifier),
            code_challenge_method="S256",
        )  # fmt: skip

    async def told(self, code: str, trip: RoundTrip, back: str, now: Millis) -> Known:
        """Who has come back with this code. Raises Refused."""
        about, _ = await self._published()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "code_verifier": trip.verifier, "client_id": self._client_id,
        }  # fmt: skip
        answer = await self._ask(self._token_request(about, form))
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise _failed("it sent no id_token")
        return _known(await self._claims(id_token, trip.nonce, now), self._issuer)

    def is_issuer(self, named: str | None) -> bool:
        """Whether an answer that names its sender (RFC 9207) comes from this one."""
        return named is None or named == self._issuer

    async def _claims(self, id_token: str, nonce: str, now: Millis) -> dict[str, Any]:
        try:
            token = await self._decoded(id_token)
            ours: dict[str, Any] = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            }
            asked = {"nonce": nonce, "client_id": self._client_id}
            claims = CodeIDToken(token.claims, token.header, options=ours, params=asked)
            claims.validate(now=now // 1000, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _failed(f"its id_token is not good: {type(error).__name__} {error}") from None
        return dict(claims)

    async def _decoded(self, id_token: str) -> jwt.Token:
        _, keys = await self._published()
        try:
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            _, keys = await self._published(older_than_s=ASK_S)  # it may have a new key
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))

    async def _published(self, older_than_s: float = KNOWN_S) -> tuple[dict[str, Any], KeySet]:
        """What the provider says of itself, and its public keys."""
        async with self._asking:
            if self._known and time.monotonic() - self._known[0] < older_than_s:
                return self._known[1], self._known[2]
            where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            about = await self._ask(HttpRequest("GET", where))
            if about.get("issuer") != self._issuer:
                raise _failed(f"it calls itself {str(about.get('issuer'))[:200]!r}, not {self._issuer!r}")
            try:
                keys = KeySet.import_key_set(await self._ask(HttpRequest("GET", about["jwks_uri"])))  # type: ignore[arg-type]
                self._known = (time.monotonic(), about, keys)
                return about, keys
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise _failed(f"what it publishes is not usable: {type(error).__name__} {error}") from None

    def _token_request(self, about: dict[str, Any], form: dict[str, str]) -> HttpRequest:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in ways:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        elif self._secret:
            form = {**form, "client_secret": self._secret}
        return HttpRequest("POST", str(about.get("token_endpoint")), headers, body=urlencode(form).encode())

    async def _ask(self, request: HttpRequest) -> dict[str, Any]:
        """What it answers, an object. Redirects are not followed: it was told where to look."""
        capped = HttpRequest(
            request.method, request.url, request.headers, body=request.body, timeout_s=ASK_S,
            follow_redirects=False, max_bytes=MOST_BYTES,
        )  # fmt: skip
        try:
            async with HttpClient(allow=self._allow) as client:
                response = await client.send(capped)
            answer = orjson.loads(response.body)
        except HttpFailed as error:
            logger.warning("oidc.unreachable", error=error.message)
            raise Refused(
                "provider_unavailable", f"{self.name} cannot be reached; please try again"
            ) from None
        except orjson.JSONDecodeError:
            raise _failed("it answered something that is not JSON") from None
        if response.status != 200 or not isinstance(answer, dict):
            said = str(answer.get("error"))[:100] if isinstance(answer, dict) else ""
            raise _failed(f"it answered {response.status} {said}")
        return answer


def provider_of(settings: GatewaySettings) -> Provider | None:
    """The provider that the settings name, if they name one."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
    domains = frozenset(filter(None, (each.strip().lower() for each in settings.oidc_domains.split(","))))
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_name, domains)


def _known(claims: dict[str, Any], issuer: str) -> Known:
    """An address that was not verified could be anybody's: it does not count."""
    email = claims.get("email")
    verified = isinstance(email, str) and claims.get("email_verified") is True
    name = claims.get("name")
    return Known(
        issuer,
        str(claims["sub"]),
        str(email).strip().lower()[:254] if verified else "",
        name[:200] if isinstance(name, str) else "",
    )


def _failed(what: str) -> Refused:
    """The log says what is wrong; people are told that it is nothing they have done."""
    logger.warning("oidc.failed", what=what[:500])
    return Refused("sign_in_failed", "The sign-in there did not work; the log of the gateway says why")
