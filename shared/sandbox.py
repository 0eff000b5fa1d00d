"""Where everything users write is evaluated: worker processes that reach nothing and stop at their limits.

A program gets a session of its own, which nobody saw before or will see after. Expressions share sessions,
for a new one costs more than most of them take. That is safe since an expression binds no name that outlives
it, and since every name that was ever bound in a session is bound anew at each call."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pydantic_monty import (
    AsyncMonty,
    AsyncMontySession,
    CollectString,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    ResourceLimits,
)

from shared.javascript.pool import JavaScript
from shared.sandbox_error import SandboxError
from shared.sandbox_values import plain

__all__ = ["Ran", "Sandbox", "SandboxError"]

MAX_MEMORY = 128 * 2**20
EXPRESSION_TIMEOUT_S = 5.0
CODE_TIMEOUT_S = 30.0
LONGEST_S = 3600.0
MAX_PRINTED_CHARS = 1_000_000
START_TIMEOUT_S = 60.0
LONGEST_MESSAGE = 2000
AFTERMATH_S = 0.05
MAX_FEEDS = 500
"""A session for expressions is replaced after so many, for Monty counts some of its limits per session."""


@dataclass(frozen=True)
class Ran:
    """What a program came to: the value of its last expression, and what it printed."""

    value: Any
    printed: str


class _Session:
    """A session for expressions, and every name that was ever bound in it."""

    def __init__(self, monty: AsyncMontySession) -> None:
        self._monty = monty
        self._bound: dict[str, None] = {}
        self.feeds = 0

    async def feed(self, code: str, inputs: Mapping[str, Any]) -> Any:
        names = {**self._bound, **inputs}
        self._bound.update(dict.fromkeys(inputs))
        self.feeds += 1
        printed = CollectString(max_bytes=MAX_PRINTED_CHARS)
        return await self._monty.feed_run(code, inputs=names, print_callback=printed)

    async def close(self) -> None:
        with suppress(MontyError, RuntimeError):  # its worker may be gone already
            await self._monty.__aexit__(None, None, None)


class _Printed:
    """What a program prints. Monty minds too much of it only at the end, so the program is stopped here."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parts: list[str] = []
        self._room = MAX_PRINTED_CHARS
        self._feed: asyncio.Future[Any] | None = None

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, _stream: str, text: str) -> None:
        """Called from a thread of Monty's."""
        if self._room < 0:
            return
        self._parts.append(text)
        self._room -= len(text)
        if self._room < 0:
            self._loop.call_soon_threadsafe(self._stop)

    async def guard(self, feed: asyncio.Future[Any]) -> Any:
        """Await the program; raises SandboxError once it has printed too much."""
        self._feed = feed
        try:
            return await feed
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._room >= 0 or (task and task.cancelling()):
                raise
        raise SandboxError("memory_exceeded", f"it printed more than {MAX_PRINTED_CHARS:,} characters")

    def _stop(self) -> None:
        if self._feed:
            self._feed.cancel()


class Sandbox:
    """`processes` workers for expressions, as many for programs, and as many for those in JavaScript; callers
    beyond that wait their turn.

    `max_memory` is in bytes per session. Workers start when they are first needed, but for one."""

    def __init__(
        self,
        processes: int = 1,
        *,
        max_memory: int = MAX_MEMORY,
        expression_timeout_s: float = EXPRESSION_TIMEOUT_S,
        code_timeout_s: float = CODE_TIMEOUT_S,
    ) -> None:
        self._max_memory = max_memory
        self._expression_timeout_s = expression_timeout_s
        self._code_timeout_s = code_timeout_s
        self._workers = AsyncMonty(
            min_processes=1, max_processes=2 * processes, request_timeout=LONGEST_S + START_TIMEOUT_S
        )
        self._programs = asyncio.Semaphore(processes)
        self.javascript = JavaScript(processes, max_memory=max_memory, timeout_s=code_timeout_s)
        self._sessions: asyncio.LifoQueue[_Session | None] = asyncio.LifoQueue()
        for _ in range(processes):
            self._sessions.put_nowait(None)

    async def __aenter__(self) -> Self:
        await self._workers.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._sessions.empty():
            if session := self._sessions.get_nowait():
                await session.close()
        await self.javascript.close()
        await self._workers.__aexit__(kind, error, trace)
        # Monty's own threads still let go of Python objects; an interpreter that ends meanwhile aborts.
        await asyncio.sleep(AFTERMATH_S)

    async def run(self, code: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None) -> Ran:
        """Run a program with `inputs` bound as names, in a session of its own. Raises SandboxError."""
        limit_s = min(self._code_timeout_s if timeout_s is None else timeout_s, LONGEST_S)
        printed = _Printed()
        async with self._programs:
            with _told_apart(innermost=True):
                async with self._checkout(limit_s) as session:
                    feed = session.feed_run(code, inputs=dict(inputs), print_callback=printed.add)
                    value = await printed.guard(asyncio.ensure_future(feed))
        return Ran(plain(value), printed.text)

    async def evaluate(self, code: str, inputs: Mapping[str, Any]) -> Any:
        """The value of one expression over `inputs`. Raises SandboxError, whose line is the outermost one.

        Only for what `shared/expressions` has let pass: the expression must bind no name that outlives it."""
        session, keep = await self._sessions.get(), False
        try:
            with _told_apart(innermost=False):
                session = session or await self._open()
                try:
                    value = await session.feed(code, inputs)
                    keep = session.feeds < MAX_FEEDS
                except MontyError as error:
                    keep = _is_harmless(error) and session.feeds < MAX_FEEDS
                    raise
        finally:
            self._sessions.put_nowait(session if keep else None)
            if session and not keep:
                await session.close()
        return plain(value)

    async def _open(self) -> _Session:
        monty = self._checkout(self._expression_timeout_s)
        await monty.__aenter__()
        return _Session(monty)

    def _checkout(self, limit_s: float) -> AsyncMontySession:
        limits = ResourceLimits(max_memory=self._max_memory, max_feed_duration_secs=limit_s)
        return self._workers.checkout(limits=limits, os_policy={"sleep": "zero"})


def _is_harmless(error: MontyError) -> bool:
    """Whether a session is as good as before. After a limit was hit its heap may be in any state."""
    if isinstance(error, MontySyntaxError):
        return True
    limits = MemoryError, TimeoutError, RecursionError
    return isinstance(error, MontyRuntimeError) and not isinstance(error.exception(), limits)


@contextmanager
def _told_apart(*, innermost: bool) -> Iterator[None]:
    """What the sandbox raises as a SandboxError, at the innermost or the outermost line of the program."""
    try:
        yield
    except MontyCrashedError as error:
        if error.timed_out:
            raise SandboxError("timeout", "it took too long and was stopped") from error
        raise SandboxError("crashed", "its worker process died; was it too deep or too large?") from error
    except (MontySyntaxError, MontyRuntimeError) as error:
        frames = error.traceback()
        line = frames[-1 if innermost else 0].line if frames else None
        code, message = _said(error)
        raise SandboxError(code, message[:LONGEST_MESSAGE], line) from error
    except (MontyError, ValueError, TypeError) as error:  # values that cannot cross, in or out
        raise SandboxError("not_json", f"a value is not a JSON value: {error}"[:LONGEST_MESSAGE]) from error


def _said(error: MontySyntaxError | MontyRuntimeError) -> tuple[str, str]:
    raised, text = error.exception(), str(error)
    if isinstance(error, MontySyntaxError):
        return "syntax_error", text
    if isinstance(raised, MemoryError):
        return "memory_exceeded", f"it used too much memory ({raised})"
    if isinstance(raised, TimeoutError) and "time limit exceeded" in text:
        return "timeout", f"it took too long and was stopped ({raised})"
    return "code_error", text
