"""The bus: consumers, a confirmed and an unconfirmed channel to publish on, all over one connection."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractQueue, AbstractRobustChannel, AbstractRobustConnection
from aiormq.exceptions import ChannelNotFoundEntity, PublishError
from faststream.rabbit import QueueType, RabbitBroker, RabbitQueue
from pamqp.commands import Basic

from shared.contracts.events import Message
from shared.messaging import topology
from shared.messaging.consuming import Consumer, Delivery, Handler, Poison
from shared.messaging.line import AWAY, READY_S, RECONNECT_S, Line, broker_url
from shared.patience import heed_cancel
from shared.telemetry import logger, traceparent

if TYPE_CHECKING:
    from faststream.rabbit.schemas.queue import QuorumQueueArgs

__all__ = ["Bus", "Delivery", "Handler", "Poison"]

NOT_PERSISTENT, PERSISTENT = 1, 2
CONFIRM_S = 30.0
"""A publication that is not confirmed by then may be made again: a queue may have lost its majority."""
DOUBT_EVERY_S = 5.0
"""How often it is looked at whether the broker still gives its messages to the consumers here."""


@dataclass(frozen=True)
class _Wanted:
    """A subscription, until there is a connection."""

    queue: RabbitQueue
    handler: Handler
    models: Sequence[type[Message]]
    bindings: Sequence[str]
    prefetch: int
    shared: bool
    transient: bool


class Bus:
    """One connection to RabbitMQ. Subscribe first, then `start`."""

    def __init__(self, url: str, *, name: str, drain_s: float = 10) -> None:
        self._broker = RabbitBroker(
            broker_url(url, name),
            reconnect_interval=RECONNECT_S,
            apply_types=False,
            graceful_timeout=drain_s,
            logger=None,
        )
        self._drain_s = drain_s
        self._confirmed: AbstractRobustChannel | None = None
        self._shown: AbstractRobustChannel | None = None
        self._admin: AbstractRobustChannel | None = None
        self._line: Line | None = None
        self._watching: list[asyncio.Task[None]] = []
        self._queues: set[str] = set()
        self._bound: dict[str, tuple[RabbitQueue, Sequence[str]]] = {}
        self._mending: dict[str, asyncio.Task[None]] = {}
        self._wanted: list[_Wanted] = []
        self._consumers: dict[str, Consumer] = {}

    def subscribe(
        self,
        queue: str,
        handler: Handler,
        models: Sequence[type[Message]],
        *,
        bindings: Sequence[str],
        prefetch: int,
        single_active: bool = False,
        transient: bool = False,
    ) -> None:
        """Consume a queue on a channel of its own. A message that is none of `models` is rejected as poison.

        `transient` makes an exclusive queue that goes away with the connection, for what is merely shown:
        nothing of it is acknowledged, and what its handler fails on is forgotten."""
        declared = _transient(queue) if transient else _durable(queue, single_active=single_active)
        shared = not single_active and not transient
        self._wanted.append(_Wanted(declared, handler, models, bindings, prefetch, shared, transient))

    async def start(self) -> None:
        """Connect, declare the topology, consume. Raises ConnectionError when the broker cannot be
        reached."""
        connection = await self._broker.connect()
        self._line = Line(connection)
        self._admin = await _opened(connection.channel(publisher_confirms=False))
        self._confirmed = await _opened(connection.channel(publisher_confirms=True, on_return_raises=True))
        self._shown = await _opened(connection.channel(publisher_confirms=False))
        await self._declare_core()
        for wanted in self._wanted:
            await self._declare(wanted.queue, wanted.bindings)
        for wanted in self._wanted[len(self._consumers) :]:
            self._consumers[wanted.queue.name] = await self._consuming(connection, wanted)
        if not self._watching:
            watching = self._line.watch(self._dead), self._doubt()
            self._watching = [asyncio.create_task(each) for each in watching]

    @property
    def trouble(self) -> str:
        """Why nothing can be published now, as far as that is known; empty otherwise."""
        return self._line.trouble if self._line else AWAY

    async def up(self, within_s: float) -> None:
        """Return once messages are taken; raises ConnectionError when they are not."""
        if self._line is None:
            raise ConnectionError(AWAY)
        await self._line.up(within_s)

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what work depends on: persistent, confirmed, and an error when no queue takes it. A queue
        that has been deleted is declared again first. Raises within READY_S when there is no connection."""
        properties, since = _properties(message, trace, PERSISTENT), asyncio.get_running_loop().time()
        try:
            await self._confirm(_encoded(message), key, properties)
        except (PublishError, ChannelNotFoundEntity) as error:
            logger.warning("broker.unroutable", key=key, error=f"{type(error).__name__}: {error}"[:300])
            await self._mend(key)
            await self._confirm(_encoded(message), key, properties)
        bound = self._bound.get(key)
        if bound and (consumer := self._consumers.get(bound[0].name)):
            consumer.expect(since)

    async def _confirm(self, body: bytes, key: str, properties: Basic.Properties) -> None:
        assert self._line is not None, "start the bus before publishing"
        channel = await self._line.raw(self._confirmed, READY_S)
        await channel.basic_publish(
            body,
            exchange=topology.EXCHANGE,
            routing_key=key,
            properties=properties,
            mandatory=True,
            wait=False,  # for the socket; the confirm is waited for
            timeout=CONFIRM_S,
        )

    async def show(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what is merely shown: no confirm, and nobody needs to listen. Raises at once when there is
        no connection."""
        assert self._line is not None, "start the bus before publishing"
        channel = await self._line.raw(self._shown, 0)
        await channel.basic_publish(
            _encoded(message),
            exchange=topology.EXCHANGE,
            routing_key=key,
            properties=_properties(message, trace, NOT_PERSISTENT),
            timeout=READY_S,
        )

    async def ensure_executor_queues(self, pool: str) -> None:
        """Declare a pool's queues, so that work can wait there for an executor that is not up yet."""
        if topology.executor_queue(pool, topology.LANES[-1]) in self._queues:
            return
        for lane in topology.LANES:
            queue = _durable(topology.executor_queue(pool, lane))
            await self._declare(queue, [topology.ready_key(pool, lane)])

    async def ping(self) -> None:
        """Raises ConnectionError when the broker is not connected, or takes no messages."""
        if trouble := self.trouble:
            raise ConnectionError(trouble)

    def consumer(self, queue: str) -> Consumer:
        """Who consumes a queue that was subscribed to, once the bus has been started."""
        return self._consumers[queue]

    async def stop_consuming(self) -> None:
        """Take no new messages, and return when the handlers under way have. The consumers are cancelled
        before anything is waited for, so that others get what comes in meanwhile."""
        await asyncio.gather(*(each.close() for each in self._consumers.values()))
        await asyncio.gather(*(each.drain(self._drain_s) for each in self._consumers.values()))

    async def close(self) -> None:
        """Close the connection."""
        for each in self._watching:
            each.cancel()
        await self._broker.stop()

    def _dead(self) -> list[str]:
        """The names of channels and consumers that are closed now."""
        named = {"admin": self._admin, "confirmed": self._confirmed, "shown": self._shown}
        channels = [name for name, channel in named.items() if channel is None or channel.is_closed]
        return channels + [each.queue for each in self._consumers.values() if each.dead]

    async def _doubt(self) -> None:
        while True:
            await asyncio.sleep(DOUBT_EVERY_S)
            for each in self._consumers.values():
                try:
                    await each.doubt()
                except Exception as error:
                    heed_cancel()
                    said = f"{type(error).__name__}: {error}"[:300]
                    logger.info("consumer.in_doubt", queue=each.queue, error=said)

    async def _mend(self, key: str) -> None:
        """Bring back the queue that a key leads to, as it was declared in this process; once for all who ask
        at the same time."""
        mending = self._mending.get(key)
        if mending is None:
            mending = self._mending[key] = asyncio.create_task(self._declare_again(key))
            mending.add_done_callback(lambda _: self._mending.pop(key))
        await asyncio.shield(mending)

    async def _declare_again(self, key: str) -> None:
        assert self._admin is not None
        await self._admin.declare_exchange(topology.EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        if key in self._bound:
            queue, bindings = self._bound[key]
            await self._bind(await _declared(self._admin, queue, robust=False), bindings)

    async def _declare_core(self) -> None:
        assert self._admin is not None
        await self._admin.declare_exchange(topology.EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        dead = await self._admin.declare_exchange(
            topology.DEAD_EXCHANGE, aio_pika.ExchangeType.FANOUT, durable=True
        )
        queue = await self._admin.declare_queue(
            topology.DEAD_QUEUE, durable=True, arguments=dict(topology.QUORUM)
        )
        await queue.bind(dead)
        for partition in range(topology.PARTITIONS):
            queue = _durable(topology.planner_queue(partition), single_active=True)
            await self._declare(queue, topology.planner_bindings(partition))

    async def _declare(self, queue: RabbitQueue, bindings: Sequence[str]) -> None:
        assert self._admin is not None
        if queue.name in self._queues:
            return
        await self._bind(await _declared(self._admin, queue), bindings)
        self._bound.update(dict.fromkeys(bindings, (queue, bindings)))
        self._queues.add(queue.name)

    async def _bind(self, queue: AbstractQueue, bindings: Sequence[str]) -> None:
        for key in bindings:
            await queue.bind(topology.EXCHANGE, key)

    async def _consuming(self, connection: AbstractRobustConnection, wanted: _Wanted) -> Consumer:
        channel = await _opened(connection.channel(publisher_confirms=False))
        await channel.set_qos(prefetch_count=wanted.prefetch)
        # Again, so that this channel brings it back by itself.
        await self._bind(await _declared(channel, wanted.queue), wanted.bindings)
        models = {model.event: model for model in wanted.models}
        consumer = Consumer(
            channel,
            wanted.queue.name,
            wanted.handler,
            models,
            prefetch=wanted.prefetch,
            shared=wanted.shared,
            no_ack=wanted.transient,
        )
        await consumer.start()
        return consumer


async def _opened(channel: AbstractChannel) -> AbstractRobustChannel:
    return cast("AbstractRobustChannel", await channel)


async def _declared(
    channel: AbstractRobustChannel, queue: RabbitQueue, *, robust: bool = True
) -> AbstractQueue:
    return await channel.declare_queue(
        queue.name,
        durable=queue.durable,
        exclusive=queue.exclusive,
        auto_delete=queue.auto_delete,
        arguments=queue.arguments,
        robust=robust,
    )


def _durable(name: str, *, single_active: bool = False) -> RabbitQueue:
    arguments = topology.PLANNER_QUEUE if single_active else topology.WORK_QUEUE
    return RabbitQueue(name, queue_type=QueueType.QUORUM, arguments=cast("QuorumQueueArgs", dict(arguments)))


def _transient(name: str) -> RabbitQueue:
    return RabbitQueue(name, exclusive=True, auto_delete=True)


def _encoded(message: Message) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_defaults=True).encode()


def _properties(message: Message, trace: str, delivery_mode: int) -> Basic.Properties:
    return Basic.Properties(
        content_type="application/json",
        message_type=message.event,
        headers={"traceparent": trace or traceparent()},
        delivery_mode=delivery_mode,
    )
