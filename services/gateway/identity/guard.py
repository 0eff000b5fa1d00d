"""Who is asking: lets through whoever presents a key or token, into workspaces that are theirs. Everything is
closed that is not opened here."""

import asyncio
from secrets import compare_digest

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.errors import Refused
from services.gateway.identity.access import Access
from services.gateway.identity.callers import Caller
from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed, key_id_of, opens, presented
from services.gateway.identity.tokens import Tokens
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
    """Finds the caller of every request, and their access to the workspace of its path; raises Refused.
    `key` is the installation's own by the environment, if it has one there."""

    def __init__(self, app: ASGIApp, directory: Directory, tokens: Tokens, key: str | None) -> None:
        self._app = app
        self._directory = directory
        self._tokens = tokens
        self._key = hashed(key).encode() if key else None
        self._noted: Recent[str, Millis] = Recent(REMEMBERED)
        self._noting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path in CLOSED or (path not in OPEN_PATHS and not path.startswith(OPEN_BELOW)):
            caller = scope["caller"] = await self._caller(scope)
            if path.startswith(_WORKSPACES):
                workspace_id = path[len(_WORKSPACES) :].split("/", 1)[0]
                scope["access"] = await self._access(caller, workspace_id)
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        given = presented(scope["headers"])
        if given is None:
            raise Refused(
                "unauthorized", "Send an API key as `Authorization: Bearer <key>` or as `X-API-Key: <key>`"
            )
        if self._key and compare_digest(hashed(given).encode(), self._key):
            return Caller("key", "installation", "api", owner=True, everywhere="admin")
        caller = await (self._by_key(given) if key_id_of(given) else self._by_token(given))
        if caller is None:
            raise Refused("unauthorized", "This API key or token is not valid, or no longer")
        return caller

    async def _by_key(self, given: str) -> Caller | None:
        key, now = await self._directory.key(key_id_of(given) or ""), now_ms()
        if key is None or not opens(key, given, now):
            return None
        if now - max(key.last_used_at or 0, self._noted.get(key.id) or 0) > USED_MS:
            self._note(key, now)
        scopes = None if key.scopes is None else frozenset(key.scopes)
        if key.kind == "installation":
            return Caller("key", key.id, key.name, owner=True, everywhere="admin", scopes=scopes)
        if key.kind == "workspace":
            return Caller(
                "key", key.id, key.name, workspace_id=key.workspace_id, role=key.role, scopes=scopes,
                key_id=key.id,
            )  # fmt: skip
        user = await self._directory.user(key.user_id or "")
        if user is None:
            return None
        return Caller("person", user.id, user.email, owner=user.owner, scopes=scopes, key_id=key.id)

    async def _by_token(self, given: str) -> Caller | None:
        token = self._tokens.read(given, now_ms())
        session = await self._directory.session(token.session_id) if token else None
        if token is None or session is None or session.ended_at or session.user_id != token.user_id:
            return None
        user = await self._directory.user(token.user_id)
        if user is None or session.epoch != user.epoch:
            return None
        return Caller("person", user.id, user.email, owner=user.owner, session_id=session.id)

    async def _access(self, caller: Caller, workspace_id: str) -> Access:
        """Strangers are told what they would be told if there were no such workspace."""
        if caller.workspace_id == workspace_id and caller.role:
            return Access(caller, workspace_id, caller.role)
        if caller.everywhere and await self._directory.workspace(workspace_id):
            return Access(caller, workspace_id, caller.everywhere)
        standing = None
        if caller.kind == "person":
            standing = await self._directory.standing(workspace_id, caller.id)
        if standing is None:
            raise Refused("not_found", f"There is no such workspace, or it is not yours: {workspace_id!r}")
        return Access(caller, workspace_id, standing.role, standing.grants)

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
