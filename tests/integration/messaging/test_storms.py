"""The connection to the broker is cut again and again while work flows: all that was confirmed arrives, and
nothing piles up."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from unittest.mock import AsyncMock

import aio_pika
import pytest

from shared.contracts.events import RunWoken
from shared.messaging import line
from shared.messaging.broker import Bus, Delivery
from tests.proxy import Proxy, proxied
from tests.waiting import LOOK_EVERY_S, until

QUEUES = {f"test.storm.{number}": f"test.storm.key.{number}" for number in range(4)}
CUTS = 30
SLOWEST_S = 20


class Works:
    """Counts what has been handled."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()

    async def take(self, delivery: Delivery) -> None:
        self.done[delivery.message.run_id] += 1


class Sender:
    """Publishes one message after the other; remembers what was confirmed, and how long each answer took."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.confirmed: set[str] = set()
        self.refused = 0
        self.slowest_s = 0.0

    async def send_until(self, over: asyncio.Event) -> None:
        loop, number = asyncio.get_running_loop(), 0
        keys = list(QUEUES.values())
        while not over.is_set():
            number += 1
            run_id, begun = f"run_{id(self)}_{number}", loop.time()
            try:
                await self._bus.publish(RunWoken(run_id=run_id), keys[number % len(keys)])
                self.confirmed.add(run_id)
            except Exception:
                self.refused += 1
            self.slowest_s = max(self.slowest_s, loop.time() - begun)
            await asyncio.sleep(0)


@pytest.fixture
async def proxy(amqp_url: str, drop_queues: Callable[..., Awaitable[None]]) -> AsyncIterator[Proxy]:
    await drop_queues(*QUEUES)
    async with proxied(amqp_url) as proxy:
        yield proxy
    await drop_queues(*QUEUES)


async def consuming(url: str, works: Works) -> Bus:
    bus = Bus(url, name="test-storm")
    for queue, key in QUEUES.items():
        bus.subscribe(queue, works.take, [RunWoken], bindings=[key], prefetch=50)
    await bus.start()
    return bus


async def settled(bus: Bus) -> tuple[int, int]:
    """How many channels and tasks there are, once it is connected and consumes."""
    await until(lambda: not bus.trouble and not bus._dead(), within_s=60)
    connection = await bus._broker.connect()
    assert connection.transport is not None
    return len(connection.transport.connection.channels), len(asyncio.all_tasks())


async def consumers(amqp_url: str) -> dict[str, int | None]:
    """How many consume each queue, as the broker sees it."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queues = [await channel.declare_queue(each, passive=True) for each in QUEUES]
    return {each.name: each.declaration_result.consumer_count for each in queues}


async def test_a_storm_of_cuts_loses_nothing_and_leaves_nothing_behind(
    proxy: Proxy, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.broker.RECONNECT_S", 0.1)
    bus = await consuming(proxy.url, works := Works())
    before = await settled(bus)
    over, senders = asyncio.Event(), [Sender(bus) for _ in range(3)]
    sending = [asyncio.create_task(each.send_until(over)) for each in senders]
    for _ in range(CUTS):
        known = sum(len(each.confirmed) for each in senders)
        await until(lambda known=known: sum(len(each.confirmed) for each in senders) >= known + 5, 60)
        assert proxy.cut()
    over.set()
    await asyncio.gather(*sending)
    confirmed = set[str]().union(*(each.confirmed for each in senders))
    await until(lambda: confirmed <= works.done.keys(), within_s=60)
    assert sum(each.refused for each in senders), "it was a storm"
    assert max(each.slowest_s for each in senders) < SLOWEST_S, "each was answered, one way or the other"
    async with asyncio.timeout(60):  # nobody consumes twice, once both sides have noticed the last cut
        while await consumers(amqp_url) != dict.fromkeys(QUEUES, 1):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)
    assert (await settled(bus))[0] == before[0], "no channel is left behind"
    await until(lambda: len(asyncio.all_tasks()) <= before[1])
    await bus.stop_consuming()
    await bus.close()


async def test_who_is_refused_asks_again_with_pauses(proxy: Proxy) -> None:
    bus = await consuming(proxy.url, works := Works())
    await settled(bus)
    proxy.asked_at.clear()
    proxy.down()
    await until(lambda: len(proxy.asked_at) >= 4)
    pauses = [later - earlier for earlier, later in pairwise(proxy.asked_at)]
    assert min(pauses) > 0.9 * line.RECONNECT_S
    proxy.up()
    await settled(bus)
    await bus.publish(RunWoken(run_id="run_1"), "test.storm.key.0")
    await until(lambda: works.done["run_1"])
    await bus.stop_consuming()
    await bus.close()


async def test_a_publication_without_a_connection_is_refused_in_time(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.broker.READY_S", 0.5)
    bus = await consuming(proxy.url, Works())
    await settled(bus)
    proxy.down()
    await until(lambda: bus.trouble)
    message, key = RunWoken(run_id="run_1"), "test.storm.key.0"
    for publish in (bus.publish, bus.show):
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(publish(message, key), 20)
    proxy.up()
    await settled(bus)
    await bus.stop_consuming()
    await bus.close()


async def test_what_consumes_no_more_brings_a_new_connection(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client library loses a channel whose restoration fails while its connection is there."""
    monkeypatch.setattr(line, "LOOK_EVERY_S", 0.05)
    bus = await consuming(proxy.url, works := Works())
    await settled(bus)
    lost = next(iter(bus._consumers.values()))
    broken = AsyncMock(side_effect=RuntimeError("cannot be restored"))
    with monkeypatch.context() as patch:
        patch.setattr(lost._channel, "restore", broken)
        assert lost._raw is not None
        await lost._raw.close(ConnectionError("closed by itself"))
        await until(lambda: lost.dead and broken.await_count)
    await settled(bus)
    assert not lost.dead
    await bus.publish(RunWoken(run_id="run_1"), QUEUES[lost.queue])
    await until(lambda: works.done["run_1"])
    await bus.stop_consuming()
    await bus.close()
