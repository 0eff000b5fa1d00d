"""Who is asking: lets through whoever presents a key or token, into workspaces that are theirs. Everything is
closed that is not opened here."""

import asyncio
from secrets import compare_digest

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller
from services.gateway.identity.keys import hashed, key_id_of, opens, presented
from services.gateway.identity.known_callers import INSTALLATION
from services.gateway.parts import Gateway
from shared.contracts.base import Millis
from shared.contracts.identity import ApiKey
from shared.ids import now_ms
from shared.recent import Recent
from shared.signals import SIGNALS_PATH
from shared.telemetry import logger

API = "/api/v1"
OPEN_PATHS = frozenset({f"{API}/openapi.json", f"{API}/asyncapi.json", "/docs", "/docs/oauth2-redirect"})
OPEN_BELOW = (f"{SIGNALS_PATH}/", f"{API}/hooks/", f"{API}/auth/", f"{API}/oauth/")
"""What is guarded otherwise: there is a token in the URL, or a password in the body."""
CLOSED = frozenset({f"{API}/auth/sign-out-everywhere"})
"""What is below those and yet not open."""
USED_MS = 60_000
"""When a key was last used is noted this seldom."""
REMEMBERED = 1_000
_WORKSPACES = f"{API}/workspaces/"


class Guard:
    """Finds the caller of every request, and their access to the workspace of its path; raises Refused."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._directory = gateway.directory
        self._callers = gateway.callers
        self._tokens = gateway.tokens
        self._stream_tokens = gateway.stream_tokens
        self._noted: Recent[str, Millis] = Recent(REMEMBERED)
        self._noting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path in CLOSED or (path not in OPEN_PATHS and not path.startswith(OPEN_BELOW)):
            caller = scope["caller"] = await self._caller(scope)
            if path.startswith(_WORKSPACES):
                workspace_id = path[len(_WORKSPACES) :].split("/", 1)[0]
                scope["access"] = await self._callers.access(caller, workspace_id)
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        given, now = presented(scope["headers"]), now_ms()
        if given is None and scope["query_string"] and (holder := self._stream_tokens.holder(scope, now)):
            caller = await self._callers.holding(holder, now)
        elif given is None:
            raise Refused(
                "unauthorized", "Send an API key as `Authorization: Bearer <key>` or as `X-API-Key: <key>`"
            )
        else:
            caller = await self._presenting(given, now)
        if caller is None:
            raise Refused("unauthorized", "This API key or token is not valid, or no longer")
        return caller

    async def _presenting(self, given: str, now: Millis) -> Caller | None:
        own = self._callers.installation
        if own and compare_digest(hashed(given).encode(), own):
            return INSTALLATION
        if key_id := key_id_of(given):
            key = await self._directory.key(key_id)
            if key is None or not opens(key, given, now):
                return None
            if now - max(key.last_used_at or 0, self._noted.get(key.id) or 0) > USED_MS:
                self._note(key, now)
            return await self._callers.of_key(key)
        token = self._tokens.read(given, now)
        caller = await self._callers.of_session(token.session_id, now) if token else None
        return caller if token and caller and caller.id == token.user_id else None

    def _note(self, key: ApiKey, now: Millis) -> None:
        """Beside the request, which need not wait for it."""
        self._noted.put(key.id, now)
        task = asyncio.create_task(self._used(key, now))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _used(self, key: ApiKey, now: Millis) -> None:
        try:
            await self._directory.keys.used(key, now)
        except Exception as error:
            logger.info("key.use_unnoted", key=key.id, error=f"{type(error).__name__}: {error}"[:300])
