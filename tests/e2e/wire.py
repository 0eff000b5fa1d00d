"""The bus from behind: hears every message of a kind, and sends it once more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aio_pika
import orjson
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.messaging.topology import EXCHANGE


class Wire:
    """What was heard so far."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._heard: list[AbstractIncomingMessage] = []
        self._news = asyncio.Condition()

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Hear a message."""
        async with self._news:
            self._heard.append(message)
            self._news.notify_all()

    async def of(self, run_id: str, kinds: Sequence[str]) -> list[AbstractIncomingMessage]:
        """The messages about a run, in order, as soon as they are of these kinds."""

        def found() -> list[AbstractIncomingMessage]:
            return [each for each in self._heard if orjson.loads(each.body)["run_id"] == run_id]

        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: [each.type for each in found()] == list(kinds))
        return found()

    async def again(self, message: AbstractIncomingMessage) -> None:
        """Send a message once more, as if its sender had not known that it had arrived."""
        exchange = await self._channel.get_exchange(EXCHANGE)
        copy = aio_pika.Message(
            message.body,
            content_type=message.content_type,
            type=message.type,
            headers=message.headers,
            delivery_mode=message.delivery_mode,
        )
        assert message.routing_key
        await exchange.publish(copy, message.routing_key, mandatory=True)


@asynccontextmanager
async def listening(channel: AbstractChannel, *keys: str) -> AsyncIterator[Wire]:
    """Hears every message with these routing keys."""
    wire = Wire(channel)
    queue = await channel.declare_queue(exclusive=True, auto_delete=True)
    for key in keys:
        await queue.bind(EXCHANGE, key)
    tag = await queue.consume(wire.take, no_ack=True)
    yield wire
    await queue.cancel(tag)
