"""What browsers are told about answers, and which hosts and origins they may come from."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.errors import Refused

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS = (
    "default-src 'none'; script-src 'unsafe-inline' https://cdn.jsdelivr.net; connect-src 'self'; "
    "style-src 'unsafe-inline' https://cdn.jsdelivr.net; img-src 'self' data: https://fastapi.tiangolo.com; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page of the API's documentation is FastAPI's: it has a script of its own and loads another."""
_YEAR_S = 31_536_000
_ASKED = ("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-API-Key")
_TOLD = ("Idempotent-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After")


class SafeHeaders:
    """Says on every answer what a browser must not do with it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {**_ALWAYS}
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                docs = scope["path"].startswith("/docs")
                headers.setdefault("Content-Security-Policy", _DOCS if docs else _NOTHING)
                if not docs:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


class KnownHosts:
    """Refuses requests for another host than those named; without names, any is right."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {each.lower() for each in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._hosts:
            given = [value for name, value in scope["headers"] if name == b"host"]
            if len(given) != 1 or _name(given[0].decode("latin-1")) not in self._hosts:
                raise Refused("misdirected", "This server does not answer for the host that was asked for")
        await self._app(scope, receive, send)


def cross_origin(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """Pages of these origins may call the API, with a key or token of their own: never with cookies."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=_ASKED,
        expose_headers=_TOLD,
        allow_credentials=False,
        max_age=600,
    )


def _name(host: str) -> str:
    """A host without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
