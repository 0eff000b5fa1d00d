"""The broker has an alarm, of memory or of disk space: publishers are held up, told so, and go on by
themselves."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from services.local.broker import Broker
from shared.contracts.events import RunWoken
from shared.messaging.broker import Bus, Delivery
from shared.messaging.line import Blocked
from shared.patience import patiently
from tests.alarms import short_of_disk, short_of_memory
from tests.waiting import until

QUEUE, KEY = "test.blocked", "test.blocked.key"
Alarm = Callable[[Broker], AbstractAsyncContextManager[None]]


@pytest.fixture
async def done(drop_queues: Callable[..., Awaitable[None]]) -> AsyncIterator[Counter[str]]:
    """What has been handled, how often."""
    await drop_queues(QUEUE)
    yield Counter()
    await drop_queues(QUEUE)


@pytest.fixture
async def bus(node: Broker, done: Counter[str]) -> AsyncIterator[Bus]:
    async def take(delivery: Delivery) -> None:
        done[delivery.message.run_id] += 1

    bus = Bus(node.url, name="test-blocked")
    bus.subscribe(QUEUE, take, [RunWoken], bindings=[KEY], prefetch=10)
    await bus.start()
    yield bus
    await bus.stop_consuming()
    await bus.close()


@pytest.mark.parametrize("alarm", [short_of_memory, short_of_disk])
async def test_a_publisher_is_told_and_goes_on_by_itself(
    bus: Bus, node: Broker, done: Counter[str], alarm: Alarm
) -> None:
    async with alarm(node):
        first = asyncio.create_task(bus.publish(RunWoken(run_id="first"), KEY))
        await until(lambda: bus.trouble)
        with pytest.raises(ConnectionError, match="memory or disk"):
            await bus.ping()
        for publish in (bus.publish, bus.show):
            with pytest.raises(Blocked):
                await publish(RunWoken(run_id="refused"), KEY)
        waiting = [
            asyncio.create_task(
                patiently(lambda each=each: bus.publish(RunWoken(run_id=f"run_{each}"), KEY), "test")
            )
            for each in range(20)
        ]
        await asyncio.wait(waiting, timeout=0.5)
        assert not any(each.done() for each in [first, *waiting])
        assert not done
    await asyncio.gather(first, *waiting)
    await until(lambda: len(done) == 21)
    assert set(done.values()) == {1}, "who waits has published nothing twice"
    assert "refused" not in done
    assert not bus.trouble
