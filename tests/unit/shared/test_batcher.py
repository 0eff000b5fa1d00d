"""Natural batching: what comes while a batch is in work goes together into the next."""

import asyncio
from collections.abc import Sequence

from shared.batcher import Batcher


class Slow:
    """Answers each item with its double; a batch takes until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self, items: list[int]) -> Sequence[int | BaseException]:
        self.batches.append(items)
        self.begun.set()
        await self.gate.wait()
        return [ValueError(f"{item} is odd") if item % 2 else item * 2 for item in items]


def adding(batcher: Batcher[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batcher.add(item)) for item in items]


async def begun(slow: Slow, batcher: Batcher[int, int]) -> asyncio.Task[int]:
    """A batch of one is in work."""
    (first,) = adding(batcher, [2])
    await slow.begun.wait()
    return first


async def test_an_idle_batcher_takes_one_item_at_once() -> None:
    slow = Slow()
    slow.gate.set()
    batcher = Batcher(slow)
    assert await batcher.add(2) == 4
    assert await batcher.add(4) == 8
    assert slow.batches == [[2], [4]]


async def test_a_busy_batcher_takes_all_that_came_meanwhile() -> None:
    slow = Slow()
    batcher = Batcher(slow)
    first = await begun(slow, batcher)
    rest = adding(batcher, range(4, 24, 2))
    await asyncio.sleep(0)
    assert len(batcher) == 10
    slow.gate.set()
    assert await asyncio.gather(first, *rest) == [4, *range(8, 48, 4)]
    assert slow.batches == [[2], list(range(4, 24, 2))]


async def test_a_batch_has_a_limit() -> None:
    slow = Slow()
    batcher = Batcher(slow, limit=3)
    first = await begun(slow, batcher)
    rest = adding(batcher, [4, 6, 8, 10])
    await asyncio.sleep(0)
    slow.gate.set()
    await asyncio.gather(first, *rest)
    assert slow.batches == [[2], [4, 6, 8], [10]]


async def test_only_one_batch_is_in_work() -> None:
    slow = Slow()
    batcher = Batcher(slow, limit=1)
    first = await begun(slow, batcher)
    second = adding(batcher, [4])
    await asyncio.sleep(0)
    assert slow.batches == [[2]]
    slow.gate.set()
    await asyncio.gather(first, *second)


async def test_one_item_that_fails_does_not_harm_the_others() -> None:
    slow = Slow()
    slow.gate.set()
    results = await asyncio.gather(*adding(Batcher(slow), [2, 3, 4]), return_exceptions=True)
    assert [results[0], results[2]] == [4, 8]
    assert isinstance(results[1], ValueError)


async def test_an_error_reaches_all_of_its_batch_and_the_next_one_goes_on() -> None:
    broken = True

    async def process(items: list[int]) -> Sequence[int | BaseException]:
        if broken:
            raise ConnectionError("the store is away")
        return items

    batcher = Batcher(process)
    results = await asyncio.gather(*adding(batcher, [1, 2]), return_exceptions=True)
    assert [type(each) for each in results] == [ConnectionError, ConnectionError]
    broken = False
    assert await batcher.add(3) == 3


async def test_too_few_results_are_an_error_and_nobody_waits_for_ever() -> None:
    async def forgetful(items: list[int]) -> Sequence[int | BaseException]:
        return items[1:]

    batcher = Batcher(forgetful)
    results = await asyncio.gather(*adding(batcher, [1, 2, 3]), return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in results)
    await batcher.drain()


async def test_a_caller_that_gave_up_does_not_disturb_the_batch() -> None:
    slow = Slow()
    batcher = Batcher(slow)
    first = await begun(slow, batcher)
    second, third = adding(batcher, [4, 6])
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    slow.gate.set()
    assert await third == 12
    assert slow.batches == [[2], [4, 6]]


async def test_draining_waits_for_all_that_is_queued() -> None:
    slow = Slow()
    batcher = Batcher(slow, limit=1)
    waiting = [await begun(slow, batcher), *adding(batcher, [4, 6])]
    await asyncio.sleep(0)
    draining = asyncio.create_task(batcher.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    slow.gate.set()
    await draining
    assert [task.done() for task in waiting] == [True, True, True]
    await batcher.drain()


async def test_nobody_waits_for_a_batcher_that_was_cancelled() -> None:
    async def cancelled(_: list[int]) -> Sequence[int | BaseException]:
        raise asyncio.CancelledError

    waiting = adding(Batcher(cancelled, limit=1), [1, 2, 3])
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in results] == [asyncio.CancelledError] * 3
