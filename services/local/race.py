"""Several things at once, of which the first to end decides."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

STOPPED = 130
"""The exit code of a command that a signal stopped."""


async def first_of(*works: Coroutine[Any, Any, Any]) -> Any:
    """What the first to end returns or raises; the others are cancelled, and waited for."""
    running = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return next(each for each in running if each in done).result()


async def until_signal(work: Coroutine[Any, Any, int]) -> int:
    """What the work returns; on Ctrl-C or SIGTERM it is cancelled, once, and STOPPED is returned."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return await first_of(work, _stopped(stop))


async def _stopped(stop: asyncio.Event) -> int:
    await stop.wait()
    return STOPPED
