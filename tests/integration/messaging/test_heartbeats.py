"""A peer that vanishes without closing its connection: its silence gives it away, on both sides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.contracts.events import RunWoken
from shared.messaging import line
from shared.messaging.broker import Bus, Delivery
from tests.proxy import Proxy, proxied
from tests.waiting import until

QUEUE, KEY = "test.heartbeats", "test.heartbeats.key"


class Ear:
    """Hears messages, and holds on to them for as long as its gate is shut."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []
        self.gate = asyncio.Event()

    async def take(self, delivery: Delivery) -> None:
        self.heard.append((delivery.message.run_id, delivery.redelivered))
        await self.gate.wait()


async def listening(url: str, ear: Ear) -> Bus:
    bus = Bus(url, name="test-heartbeats")
    bus.subscribe(QUEUE, ear.take, [RunWoken], bindings=[KEY], prefetch=1)
    await bus.start()
    return bus


@pytest.fixture
async def proxy(amqp_url: str, drop_queues: Callable[..., Awaitable[None]]) -> AsyncIterator[Proxy]:
    await drop_queues(QUEUE)
    async with proxied(amqp_url) as proxy:
        yield proxy
    await drop_queues(QUEUE)


async def test_what_a_vanished_consumer_held_goes_to_another_and_it_comes_back(
    proxy: Proxy, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "HEARTBEAT_S", 1)
    vanishing = await listening(proxy.url, lost := Ear())
    await vanishing.publish(RunWoken(run_id="run_1"), KEY)
    await until(lambda: lost.heard == [("run_1", False)])
    other = await listening(amqp_url, found := Ear())
    found.gate.set()
    asked = len(proxy.asked_at)
    proxy.hold()
    await until(lambda: found.heard == [("run_1", True)])
    await until(lambda: len(proxy.asked_at) > asked)
    proxy.up()
    lost.gate.set()
    await until(lambda: not vanishing.trouble and not vanishing._dead(), within_s=60)
    await other.stop_consuming()
    await vanishing.publish(RunWoken(run_id="run_2"), KEY)
    await until(lambda: "run_2" in dict(lost.heard))
    for bus in (vanishing, other):
        await bus.stop_consuming()
        await bus.close()


async def test_the_heartbeat_is_ours_unless_the_url_says_otherwise(amqp_url: str) -> None:
    for url, expected in ((amqp_url, line.HEARTBEAT_S), (f"{amqp_url}?heartbeat=30", 30)):
        bus = Bus(url, name="test-heartbeats")
        await bus.start()
        transport = (await bus._broker.connect()).transport
        assert transport is not None
        assert transport.connection.connection_tune.heartbeat == expected
        await bus.close()
