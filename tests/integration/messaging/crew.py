"""Planner, runner and connectors in this process, composed as their mains do, on real broker and store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from services.connectors.__main__ import compose as connectors
from services.planner.__main__ import planner
from services.runner.__main__ import runner
from shared.health import HealthApp
from shared.ids import new_id
from shared.messaging.broker import Bus
from shared.messaging.topology import DEAD_QUEUE
from shared.service import Compose, Service, Settings
from shared.storage.mongo import Store

CREW: dict[str, Compose] = {"planner": planner, "runner": runner, "connectors": connectors}


@asynccontextmanager
async def working(amqp_url: str, store_url: str) -> AsyncIterator[None]:
    """All three services, consuming."""
    async with AsyncExitStack() as stack:
        for name, compose in CREW.items():
            await stack.enter_async_context(_working(name, compose, amqp_url, store_url))
        yield


@asynccontextmanager
async def _working(name: str, compose: Compose, amqp_url: str, store_url: str) -> AsyncIterator[None]:
    bus, store = Bus(amqp_url, name=f"test-{name}"), Store(store_url)
    service = Service(name, new_id(name), Settings(), bus, store, HealthApp({}), ("127.0.0.1", 0))
    try:
        async with compose(service):
            await store.prepare()
            await bus.start()
            service.health.started = True
            yield
            await bus.stop_consuming()
            for drain in service.drain:
                await drain()
    finally:
        await bus.close()
        await store.close()


class Post:
    """Puts anything into any queue, and reads the dead letters."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel) -> None:
        self._channel = channel

    async def put(self, queue: str, body: bytes, kind: str | None, mark: str) -> None:
        """Straight into the queue, as a broken or hostile program would."""
        message = aio_pika.Message(body, type=kind, message_id=mark, delivery_mode=2)
        await self._channel.default_exchange.publish(message, queue, mandatory=True)

    async def dead(self, count: int) -> dict[str, str]:
        """The queue that each of the next dead letters came from, by its mark."""
        queue = await self._channel.get_queue(DEAD_QUEUE)
        found: dict[str, str] = {}
        async with queue.iterator(timeout=30) as letters:
            async for letter in letters:
                await letter.ack()
                if letter.message_id:
                    found[letter.message_id] = _origin(letter)
                if len(found) == count:
                    break
        return found


def _origin(letter: AbstractIncomingMessage) -> str:
    deaths = letter.headers.get("x-death")
    assert isinstance(deaths, Sequence)
    first = deaths[0]
    assert isinstance(first, dict)
    assert first["reason"] == "rejected"
    return str(first["queue"])


@asynccontextmanager
async def post(amqp_url: str) -> AsyncIterator[Post]:
    """An empty dead letter box, and the means to fill it."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await (await channel.get_queue(DEAD_QUEUE)).purge()
        yield Post(channel)
