"""A real OAuth 2.0 server for tests, as strict as they come: PKCE, exact redirect URIs, codes good once, and
refresh tokens that rotate: one that comes twice ends the whole sign-in (RFC 9700, section 4.14)."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from aiohttp import web

CLIENT_ID, CLIENT_SECRET = "weft-tests", "client-s3cret/with+odd chars"


@dataclass
class OAuthServer:
    """What it has given out: sign-ins by refresh token, access tokens that are good. `refreshes` counts those
    that succeeded, `reused` the refresh tokens that came twice. `slowly_s` is how long it takes to answer."""

    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    spent: dict[str, str] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    given_out: list[str] = field(default_factory=list)
    refreshes: int = 0
    reused: int = 0
    slowly_s: float = 0
    lasts_s: int = 3600

    def data(self, **more: object) -> dict[str, object]:
        """The data of a credential for it."""
        return {
            "authorize_url": f"{self.url}/authorize", "token_url": f"{self.url}/token",
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scopes": ["read", "write"],
            "test_url": f"{self.url}/api", **more,
        }  # fmt: skip

    def revoke_access(self) -> None:
        """Let no access token be good any more."""
        self.good.clear()

    def revoke_all(self) -> None:
        """End every sign-in."""
        self.good.clear()
        self.current.clear()


SERVER = web.AppKey("server", OAuthServer)


@asynccontextmanager
async def oauth_server() -> AsyncIterator[OAuthServer]:
    """One on a free port."""
    server = OAuthServer()
    app = web.Application()
    app[SERVER] = server
    app.add_routes([
        web.get("/authorize", _authorize), web.post("/token", _token), web.route("*", "/api", _api),
    ])  # fmt: skip
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _authorize(request: web.Request) -> web.Response:
    """Everybody is signed in, and agrees."""
    server, asked = request.app[SERVER], request.query
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
    assert asked["code_challenge_method"] == "S256"
    code = secrets.token_urlsafe(20)
    server.given_out.append(code)
    server.codes[code] = {"challenge": asked["code_challenge"], "redirect_uri": asked["redirect_uri"]}
    back = urlencode({"code": code, "state": asked["state"], "iss": server.url})
    raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")


async def _token(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    form = await request.post()
    known = base64.b64encode(f"{CLIENT_ID}:{_encoded(CLIENT_SECRET)}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {known}":
        return _error("invalid_client", 401)
    await asyncio.sleep(server.slowly_s)
    match form.get("grant_type"):
        case "authorization_code":
            return _of_code(server, str(form["code"]), str(form["code_verifier"]), str(form["redirect_uri"]))
        case "refresh_token":
            return _of_refresh(server, str(form["refresh_token"]))
        case "client_credentials":
            return _given(server, "client", with_refresh=False)
    return _error("unsupported_grant_type")


def _of_code(server: OAuthServer, code: str, verifier: str, redirect_uri: str) -> web.Response:
    asked = server.codes.pop(code, None)
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    if asked is None or asked != {"challenge": challenge, "redirect_uri": redirect_uri}:
        return _error("invalid_grant")
    return _given(server, secrets.token_hex(4))


def _of_refresh(server: OAuthServer, token: str) -> web.Response:
    if token in server.spent:
        server.reused += 1
        server.current = {each: of for each, of in server.current.items() if of != server.spent[token]}
        return _error("invalid_grant", told=f"{token} came twice")
    sign_in = server.current.pop(token, None)
    if sign_in is None:
        return _error("invalid_grant", told=f"no such token: {token}")
    server.spent[token] = sign_in
    server.refreshes += 1
    return _given(server, sign_in)


def _given(server: OAuthServer, sign_in: str, *, with_refresh: bool = True) -> web.Response:
    access, refresh = f"access-{secrets.token_urlsafe(24)}", f"refresh-{secrets.token_urlsafe(24)}"
    server.good.add(access)
    server.given_out.append(access)
    body: dict[str, object] = {"access_token": access, "token_type": "Bearer", "expires_in": server.lasts_s}
    if with_refresh:
        server.current[refresh] = sign_in
        server.given_out.append(refresh)
        body["refresh_token"] = refresh
    return web.json_response(body)


async def _api(request: web.Request) -> web.Response:
    """Says back what came, as careless servers do."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token not in request.app[SERVER].good:
        return web.json_response({"error": f"{token} is not good"}, status=401)
    return web.json_response({"hello": token})


def _error(code: str, status: int = 400, told: str = "") -> web.Response:
    return web.json_response({"error": code, "error_description": told}, status=status)


def _encoded(secret: str) -> str:
    return urlencode({"": secret})[1:]
