"""So many requests a second, whether or not the system keeps up: those that wait show in the figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PER_S = 50
SECONDS = 10
WARM_UP = 100


async def paced(send: Callable[[int], Awaitable[None]], many: int) -> list[float]:
    """The milliseconds that each of so many took from its turn on; they are numbered from 0."""
    begun = time.perf_counter()
    work: list[asyncio.Task[float]] = []
    for number in range(many):
        await asyncio.sleep(max(0.0, begun + number / PER_S - time.perf_counter()))
        work.append(asyncio.create_task(_timed(send, number)))
    return await asyncio.gather(*work)


async def _timed(send: Callable[[int], Awaitable[None]], number: int) -> float:
    started = time.perf_counter()
    await send(number)
    return 1000 * (time.perf_counter() - started)
