"""Who waits for which run: woken by `run.changed`. What gets lost on the way is found in the store."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict

from shared.contracts.base import Contract
from shared.contracts.events import Change, Message, NodeProgress, RunChanged
from shared.contracts.run import RUN_FINISHED, Run, RunStatus
from shared.telemetry import span

BUFFER = 256

T = TypeVar("T")
News = Change | NodeProgress


class Hint(Contract):
    """The little of a change that tells whom to wake, and the run itself once it has finished."""

    model_config = ConfigDict(extra="ignore")

    run_id: str
    status: RunStatus
    run: dict[str, Any] | None = None
    traceparent: str = ""


class RunHints(Message):
    """`run.changed` without its events: most changes are of runs that nobody follows, and parsing is dear."""

    event: ClassVar[str] = RunChanged.event
    changes: list[Hint]


class Follower:
    """One listener's buffer. When it overflows it is emptied and `behind` is set: read the store again."""

    def __init__(self) -> None:
        self._news: deque[News] = deque()
        self._wake = asyncio.Event()
        self.behind = False
        self.closed = False

    def put(self, news: News) -> None:
        """Never waits, never grows beyond the buffer."""
        if len(self._news) >= BUFFER:
            self._news.clear()
            self.behind = True
        self._news.append(news)
        self._wake.set()

    def close(self) -> None:
        """Let the listener go."""
        self.closed = True
        self._wake.set()

    async def take(self, timeout_s: float) -> list[News]:
        """All that has come in; an empty list after `timeout_s` of silence."""
        if not self._wake.is_set():
            try:
                async with asyncio.timeout(timeout_s):
                    await self._wake.wait()
            except TimeoutError:
                return []
        self._wake.clear()
        news = list(self._news)
        self._news.clear()
        return news


class Watchers:
    """Followers and waiters by run id; empty when nobody listens."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Follower]] = {}
        self._waiters: dict[str, set[asyncio.Future[Run | None]]] = {}

    def __len__(self) -> int:
        return len(self._followers) + len(self._waiters)

    @contextmanager
    def follow(self, run_id: str) -> Iterator[Follower]:
        """Everything that happens to a run from now on."""
        follower = Follower()
        self._followers.setdefault(run_id, set()).add(follower)
        try:
            yield follower
        finally:
            _drop(self._followers, run_id, follower)

    @contextmanager
    def end_of(self, run_id: str) -> Iterator[asyncio.Future[Run | None]]:
        """Done once the run is said to have finished; its result is the run, or None if it has to be read."""
        future: asyncio.Future[Run | None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(run_id, set()).add(future)
        try:
            yield future
        finally:
            _drop(self._waiters, run_id, future)

    def hinted(self, message: RunHints) -> bool:
        """Wake those who wait for the end of a run; whether anyone follows one of these runs."""
        for hint in message.changes:
            if hint.status in RUN_FINISHED and hint.run_id in self._waiters:
                with span("gateway.changed", hint.traceparent, run_id=hint.run_id, status=hint.status):
                    run = Run.model_validate(hint.run) if hint.run else None
                    for waiter in self._waiters[hint.run_id]:
                        if not waiter.done():
                            waiter.set_result(run)
        return any(hint.run_id in self._followers for hint in message.changes)

    def changed(self, message: RunChanged) -> None:
        """Pass changes on to those who follow."""
        for change in message.changes:
            if change.run_id in self._followers:
                with span("gateway.changed", change.traceparent, run_id=change.run_id, status=change.status):
                    for follower in self._followers[change.run_id]:
                        follower.put(change)

    def progressed(self, message: NodeProgress) -> None:
        """Pass on what a node says while it runs."""
        for follower in self._followers.get(message.run_id, ()):
            follower.put(message)

    async def close(self) -> None:
        """Let everybody go: those who wait answer with the run as it is, streams end."""
        for followers in self._followers.values():
            for follower in followers:
                follower.close()
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.cancel()


def _drop(table: dict[str, set[T]], run_id: str, one: T) -> None:
    table[run_id].discard(one)
    if not table[run_id]:
        del table[run_id]
