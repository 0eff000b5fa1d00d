"""Takes dead letters out of the broker, and sends them there again.

They are moved into the store rather than looked at where they are: to look at a message in a queue is to
deliver it, which changes the order, hides it from others meanwhile, and RabbitMQ 4 drops one that was
delivered twenty times."""

import asyncio

import aio_pika
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError

from services.gateway.dead.letters import letter_of, message_of
from services.gateway.errors import Refused
from shared.ids import now_ms
from shared.messaging.line import broker_url
from shared.messaging.topology import DEAD_EXCHANGE, DEAD_QUEUE, QUORUM
from shared.metrics import DEAD_LETTERS
from shared.storage.dead_letters import DeadLetter, DeadLetters
from shared.storage.mongo import Store
from shared.telemetry import logger

LOOK_EVERY_S = 1.0
TRY_AGAIN_S = 5.0
COUNT_EVERY = 30
PUBLISH_S = 10


class DeadBox:
    """All dead letters. It has connections of its own: letters may be huge, and nothing else is to wait for
    them."""

    def __init__(self, amqp_url: str, store: Store) -> None:
        self._amqp_url = broker_url(amqp_url, "weft-dead-letters")
        self._store = store
        self.letters = DeadLetters(store)

    async def run(self) -> None:
        """Move letters until cancelled; while broker or store are away they stay where they are."""
        while True:
            try:
                async with await aio_pika.connect(self._amqp_url) as connection:
                    await self._move_all(await _dead_queue(await connection.channel()))
            except Exception as error:
                logger.warning("dead_letters.waiting", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(TRY_AGAIN_S)

    async def replay(self, letter: DeadLetter) -> None:
        """Send it where it was sent before, and forget it once the broker has it. Raises Refused."""
        if letter.cut:
            said = f"its body of {letter.size:,} bytes was too large to be kept"
            raise Refused("dead_letter_cut", f"Letter {letter.id!r} cannot be replayed: {said}")
        taken = await self.letters.claim(letter, now_ms())
        if taken is None:
            raise Refused("being_replayed", f"Letter {letter.id!r} is being replayed just now")
        try:
            await self._publish(taken, await self.letters.body(letter.id))
        except BaseException:
            await self.letters.give_back(taken)
            raise
        await self.letters.drop(letter.id)

    async def _move_all(self, queue: AbstractQueue) -> None:
        looked = 0
        while True:
            await self._store.ping()
            message = await queue.get(fail=False)
            if message is None:
                if looked % COUNT_EVERY == 0:
                    DEAD_LETTERS.set(await self.letters.count())
                looked += 1
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            letter, body = letter_of(message, now_ms())
            await self.letters.keep(letter, body)
            await message.ack()
            logger.warning("dead_letter", id=letter.id, type=letter.type, queue=letter.queue)
            looked = 0

    async def _publish(self, letter: DeadLetter, body: bytes) -> None:
        where = f"{letter.exchange or 'the default exchange'} with key {letter.routing_key!r}"
        try:
            async with asyncio.timeout(PUBLISH_S), await aio_pika.connect(self._amqp_url) as connection:
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                exchange = channel.default_exchange
                if letter.exchange:
                    exchange = await channel.get_exchange(letter.exchange, ensure=True)
                await exchange.publish(message_of(letter, body), letter.routing_key, mandatory=True)
        except (DeliveryError, ChannelNotFoundEntity) as error:
            raise Refused("unroutable", f"No queue takes what is sent to {where} now") from error
        except Exception as error:
            logger.warning("dead_letter.not_replayed", id=letter.id, error=f"{type(error).__name__}: {error}")
            raise Refused("broker_unavailable", "The broker cannot be reached; please try again") from error


async def _dead_queue(channel: AbstractChannel) -> AbstractQueue:
    """Declared, in case it has been deleted: what dies is kept in its queue until there is this one."""
    exchange = await channel.declare_exchange(DEAD_EXCHANGE, ExchangeType.FANOUT, durable=True)
    queue = await channel.declare_queue(DEAD_QUEUE, durable=True, arguments=dict(QUORUM))
    await queue.bind(exchange)
    return queue
