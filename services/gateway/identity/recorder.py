"""Who did what: every request that has changed something is recorded before it is answered."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.identity.callers import Caller
from shared.batcher import Batcher
from shared.ids import new_id, now_ms
from shared.storage.audit import Audit, Entry
from shared.telemetry import logger, trace_id

READING = frozenset({"GET", "HEAD", "OPTIONS"})
PREFIX = "/api/v1"
MOST_CHARS = 500


class Recorder:
    """Records what succeeded; many requests at once are one write. What is open to anybody has no caller,
    unless its route says who it turned out to be."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app = app
        self._entries: Batcher[Entry, None] = Batcher(self._insert)
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in READING:
            await self._app(scope, receive, send)
            return

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await self._record(scope, message["status"])
            await send(message)

        await self._app(scope, receive, recorded)

    async def _record(self, scope: Scope, status: int) -> None:
        """What has been done is done: a log that cannot be written does not undo it."""
        caller: Caller | None = scope.get("caller")
        if caller is None:
            return
        try:
            await self._entries.add(entry_of(scope, caller, status))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:300]
            logger.error("audit.unrecorded", actor=caller.id, path=scope["path"], error=said)

    async def _insert(self, entries: list[Entry]) -> Sequence[None]:
        await self._audit.insert(entries)
        return [None] * len(entries)


def entry_of(scope: Scope, caller: Caller, status: int) -> Entry:
    """What there is to tell of a request."""
    access = scope.get("access")
    route = str(getattr(scope.get("route"), "path", scope["path"])).removeprefix(PREFIX)
    return Entry(
        id=new_id("aud"),
        at=now_ms(),
        workspace_id=access.workspace_id if access else "",
        actor_kind=caller.kind,
        actor_id=caller.id,
        actor=caller.name,
        action=f"{scope['method']} {route.removeprefix('/workspaces/{workspace_id}')}",
        target=scope["path"].removeprefix(PREFIX)[:MOST_CHARS],
        status=status,
        address=(scope.get("client") or ("",))[0],
        trace=trace_id(scope.get("traceparent", "")),
    )
