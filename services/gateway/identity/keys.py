"""Who is asking: the API key, and the workspace it opens. Everything is closed that is not opened here."""

from secrets import compare_digest

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.errors import Refused
from shared.signals import SIGNALS_PATH

WORKSPACE = "default"
OPEN_PATHS = frozenset({"/api/v1/openapi.json", "/api/v1/asyncapi.json", "/docs", "/docs/oauth2-redirect"})
OPEN_BELOW = (f"{SIGNALS_PATH}/",)
"""What is guarded otherwise: a signal's URL has a token in it."""
_WORKSPACES = "/api/v1/workspaces/"


class KeyGuard:
    """Lets a request through with the right key and to a workspace it opens; raises Refused otherwise."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path not in OPEN_PATHS and not path.startswith(OPEN_BELOW):
            self._check_key(scope)
            _check_workspace(path)
        await self._app(scope, receive, send)

    def _check_key(self, scope: Scope) -> None:
        given = presented(scope["headers"])
        if given is None:
            raise Refused(
                "unauthorized", "Send the API key as `Authorization: Bearer <key>` or as `X-API-Key: <key>`"
            )
        if not compare_digest(given, self._key):
            raise Refused("unauthorized", "This API key is not valid")


def presented(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """The key among a request's raw headers."""
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip()
        if name == b"x-api-key":
            return value
    return None


def _check_workspace(path: str) -> None:
    if path.startswith(_WORKSPACES) and path[len(_WORKSPACES) :].split("/", 1)[0] != WORKSPACE:
        raise Refused("not_found", f"There is no such workspace, or it is not yours: {path.split('/')[4]!r}")
