"""Natural batching: an idle batcher takes one item at once, a busy one all that have queued up meanwhile."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Hands items to `process` in batches of at most `limit`, one batch at a time; no timers, no added
    latency.

    `process` answers with one result per item; an exception instance as a result is raised to that item's
    caller, an exception raised by `process` itself to all callers of the batch."""

    def __init__(
        self, process: Callable[[list[T]], Awaitable[Sequence[R | BaseException]]], *, limit: int = 200
    ) -> None:
        self._process = process
        self._limit = limit
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._queue)

    async def add(self, item: T) -> R:
        """The result of `item`, once the batch that it fell into is done."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def drain(self) -> None:
        """Wait until nothing is queued or in work."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]
                await self._do(batch)
        finally:
            self._worker = None

    async def _do(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._process([item for item, _ in batch])
            if len(results) != len(batch):
                raise ValueError(f"a batch of {len(batch)} was answered with {len(results)} results")
        except Exception as error:
            results = [error] * len(batch)
        except BaseException:
            for _, future in [*batch, *self._queue]:
                future.cancel()
            self._queue.clear()
            raise
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
