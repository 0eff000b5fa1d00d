"""A consumer outlives its connection and its queue, and acknowledges what it has done when it stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aio_pika
import pytest

from shared.contracts.events import RunWoken
from shared.messaging.broker import Bus, Delivery

QUEUE = "test.consuming"
KEY = "test.consuming.key"


class Ear:
    """Hears messages; with `gate` shut, each is under way until it opens."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, delivery: Delivery) -> None:
        self.heard.put_nowait((delivery.message.run_id, delivery.redelivered))
        await self.gate.wait()

    async def next(self) -> tuple[str, bool]:
        async with asyncio.timeout(30):
            return await self.heard.get()


@asynccontextmanager
async def listening(amqp_url: str, ear: Ear) -> AsyncIterator[Bus]:
    bus = Bus(amqp_url, name="test-consuming")
    bus.subscribe(QUEUE, ear.take, [RunWoken], bindings=[KEY], prefetch=100)
    await bus.start()
    try:
        yield bus
    finally:
        ear.gate.set()
        await bus.stop_consuming()
        await bus.close()


@pytest.fixture
async def channel(
    amqp_url: str, drop_queues: Callable[..., Awaitable[None]]
) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    await drop_queues(QUEUE)
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel(on_return_raises=True)
    await drop_queues(QUEUE)


async def left(channel: aio_pika.abc.AbstractChannel) -> int:
    return (await channel.declare_queue(QUEUE, passive=True)).declaration_result.message_count or 0


async def test_what_was_handled_before_a_stop_does_not_come_again(
    amqp_url: str, channel: aio_pika.abc.AbstractChannel
) -> None:
    async with listening(amqp_url, ear := Ear()) as bus:
        for number in range(5):
            await bus.publish(RunWoken(run_id=f"run_{number}"), KEY)
        assert [await ear.next() for _ in range(5)] == [(f"run_{number}", False) for number in range(5)]
    assert await left(channel) == 0


async def test_what_was_under_way_when_the_connection_was_lost_comes_again(
    amqp_url: str, channel: aio_pika.abc.AbstractChannel
) -> None:
    async with listening(amqp_url, ear := Ear()) as bus:
        ear.gate.clear()
        await bus.publish(RunWoken(run_id="run_1"), KEY)
        assert await ear.next() == ("run_1", False)
        await drop_connection(bus)
        ear.gate.set()
        assert await ear.next() == ("run_1", True)
    assert await left(channel) == 0


async def test_a_queue_that_was_deleted_is_consumed_again(
    amqp_url: str, channel: aio_pika.abc.AbstractChannel
) -> None:
    async with listening(amqp_url, ear := Ear()) as bus:
        await channel.queue_delete(QUEUE)
        async with asyncio.timeout(30):
            while not await accepted(channel, b'{"run_id": "run_1"}'):
                """Nobody has declared it again yet."""
        assert await ear.next() == ("run_1", False)
        await bus.ping()


async def accepted(channel: aio_pika.abc.AbstractChannel, body: bytes) -> bool:
    """Whether there is a queue to take it."""
    message = aio_pika.Message(body, type=RunWoken.event)
    try:
        await channel.default_exchange.publish(message, QUEUE, mandatory=True)
    except aio_pika.exceptions.DeliveryError:
        return False
    return True


async def drop_connection(bus: Bus) -> None:
    """As when a cable is cut: the socket closes under the client."""
    connection = await bus._broker.connect()
    assert connection.transport is not None
    await connection.transport.connection.close(ConnectionError("cut"))
