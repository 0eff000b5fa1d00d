"""Waiting for something that nothing announces: another process's end, a file's content."""

import asyncio
from collections.abc import Callable

LOOK_EVERY_S = 0.02


async def until(holds: Callable[[], object], within_s: float = 60) -> None:
    """Return as soon as `holds` is true; raises TimeoutError when it has not come true in time."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(LOOK_EVERY_S)
