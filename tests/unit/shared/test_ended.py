"""Tasks that are told to end do, however often they miss it."""

import asyncio

import pytest

from shared import service
from shared.service import ended


async def test_a_cancel_that_is_lost_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SAID_AGAIN_S", 0.01)
    heard = 0

    async def deaf() -> None:
        nonlocal heard
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:  # as a driver does that is done in the same moment
                heard += 1
                if heard == 3:
                    raise

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(asyncio.sleep(3600))]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await ended(tasks)
    assert (heard, all(each.cancelled() for each in tasks)) == (3, True)
    await ended([])
