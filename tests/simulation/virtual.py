"""Time that only moves when nothing is ready, and processes that can be killed and stopped."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any
from unittest.mock import patch

from services.planner import clock
from shared import attempt, ids, sliced, tree

START_S = 1_700_000_000
TIMED = (clock, attempt, sliced, tree)
"""The modules that measure time; what time it is they all ask of `ids`."""


class Stalled(Exception):
    """Nothing is ready and nothing is to come."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop without sockets and threads, whose time jumps to what is to come next."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = 1e-9
        self._selector: Any = self
        self.set_task_factory(_made)

    def time(self) -> float:
        """Seconds since the world began."""
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """What a selector would wait for; called once whatever is ready has been run."""
        if timeout is None:
            raise Stalled
        if timeout > 0:
            self._now = max(self._now, self._scheduled[0].when())  # type: ignore[attr-defined]
        return []

    def _process_events(self, _events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def forget(self) -> None:
        """Drop all that is to come."""
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]
        heapq.heapify(self._scheduled)  # type: ignore[attr-defined]


class Process:
    """What dies and stops as one: its tasks, and all that it does to store and broker from now on."""

    def __init__(self, name: str, loop: VirtualLoop, skew_s: float = 0) -> None:
        self.name = name
        self.alive = True
        self.skew_s = skew_s
        self.died: Callable[[], None] = lambda: None
        self._loop = loop
        self._stopped: asyncio.Event | None = None
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._context = copy_context()
        self._context.run(PROCESS.set, self)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Have it do this."""
        self._loop.create_task(work, context=self._context.copy())

    def own(self, task: asyncio.Task[Any]) -> None:
        """A task of this process has begun; in a dead one it gets nowhere."""
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        if not self.alive:
            task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled():
            task.exception()  # whoever awaits it has seen it

    def kill(self) -> None:
        """From now on nothing it does has an effect."""
        if not self.alive:
            return
        self.alive = False
        self.died()
        self.go_on()
        for task in list(self._tasks):
            task.cancel()

    def stop(self) -> None:
        """It stands still until it may go on; it does not notice."""
        if self._stopped is None:
            self._stopped = asyncio.Event()

    def go_on(self) -> None:
        """It was stopped for long enough."""
        stopped, self._stopped = self._stopped, None
        if stopped:
            stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self._stopped is not None

    async def gate(self) -> None:
        """Return when this process may do something; a dead one never does."""
        while self.alive and self._stopped:
            await self._stopped.wait()
        if not self.alive:
            raise asyncio.CancelledError


PROCESS: ContextVar[Process] = ContextVar("process")


def _made(loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, context=context)
    process = PROCESS.get(None) if context is None else context.get(PROCESS)
    if process is not None:
        process.own(task)
    return task


class VirtualTime:
    """Stands where the module `time` does. Each process has a wall clock of its own."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.monotonic = self.perf_counter = loop.time

    def now_ns(self) -> int:
        """The wall clock of who asks."""
        process = PROCESS.get(None)
        skew_s = process.skew_s if process else 0.0
        return int((START_S + self._loop.time() + skew_s) * 1000) * 1_000_000


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """A loop, and its time wherever the product reads it."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        with ExitStack() as stack:
            time = VirtualTime(loop)
            for module in TIMED:
                stack.enter_context(patch.object(module, "time", time))
            stack.enter_context(patch.object(ids, "STEADY", time))
            yield loop
    finally:
        loop.forget()
        asyncio.set_event_loop(None)
        loop.close()
