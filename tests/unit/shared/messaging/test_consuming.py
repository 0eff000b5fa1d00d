"""Acknowledging many messages at once says exactly what was done."""

import asyncio
from typing import Any, cast

import pytest

from shared.messaging.consuming import Acks, together


class Channel:
    """Keeps what it is told, as the broker would: `multiple` covers all tags up to this one."""

    def __init__(self, delivered: int) -> None:
        self.unsettled = set(range(1, delivered + 1))
        self.told = 0
        self._news = asyncio.Event()

    async def basic_ack(self, tag: int, *, multiple: bool, wait: bool) -> None:
        assert tag in self.unsettled
        self.unsettled -= {each for each in self.unsettled if each == tag or (multiple and each < tag)}
        self.told += 1
        self._news.set()

    async def heard(self) -> None:
        async with asyncio.timeout(60):
            await self._news.wait()
        self._news.clear()


def acks(channel: Channel, *, limit: int = 100) -> Acks:
    made = Acks(cast("Any", channel), limit=limit)
    for tag in sorted(channel.unsettled):
        made.opened(tag)
    return made


@pytest.mark.parametrize(
    ("done", "still_open", "told"),
    [
        (set(), set(), []),
        ({1, 2, 3}, set(), [(3, True)]),
        ({1, 2, 5}, {3, 4}, [(2, True), (5, False)]),
        ({4, 5}, {1}, [(4, False), (5, False)]),
        ({7}, {8, 9}, [(7, True)]),
    ],
)
def test_one_acknowledgement_for_all_below_the_first_that_is_open(
    done: set[int], still_open: set[int], told: list[tuple[int, bool]]
) -> None:
    assert together(done, still_open) == told


async def test_what_is_done_is_told_together_before_long() -> None:
    channel = Channel(5)
    work = acks(channel)
    for tag in (3, 1, 2):
        work.done(tag)
    await channel.heard()
    assert (channel.unsettled, channel.told) == ({4, 5}, 1)


async def test_half_a_prefetch_does_not_wait_for_more() -> None:
    channel = Channel(4)
    work = acks(channel, limit=2)
    work.done(1)
    work.done(2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert channel.unsettled == {3, 4}


async def test_what_is_told_now_is_not_told_again() -> None:
    channel = Channel(2)
    work = acks(channel)
    work.done(1)
    work.done(1)
    await work.tell()
    work.done(1)
    work.done(2)
    await work.tell()
    assert (channel.unsettled, channel.told) == (set(), 2)


async def test_what_was_rejected_is_neither_acknowledged_nor_rejected_twice() -> None:
    channel = Channel(2)
    work = acks(channel)
    assert work.rejected(1)
    assert not work.rejected(1)
    work.done(1)
    work.done(2)
    assert not work.rejected(2)
    channel.unsettled.discard(1)  # as the broker does with what is rejected
    await work.tell()
    assert channel.unsettled == set()
