"""The bus: consumers, a confirmed and an unconfirmed channel to publish on, all over one connection."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractQueue, AbstractRobustChannel, AbstractRobustConnection
from aiormq import Channel as RawChannel
from faststream.rabbit import QueueType, RabbitBroker, RabbitQueue
from pamqp.commands import Basic
from yarl import URL

from shared.contracts.events import Message
from shared.messaging import topology
from shared.messaging.consuming import Consumer, Delivery, Handler, Poison
from shared.telemetry import traceparent

if TYPE_CHECKING:
    from faststream.rabbit.schemas.queue import QuorumQueueArgs

__all__ = ["Bus", "Delivery", "Handler", "Poison"]

NOT_PERSISTENT, PERSISTENT = 1, 2


@dataclass(frozen=True)
class _Wanted:
    """A subscription, until there is a connection."""

    queue: RabbitQueue
    handler: Handler
    models: Sequence[type[Message]]
    bindings: Sequence[str]
    prefetch: int
    transient: bool


class Bus:
    """One connection to RabbitMQ. Subscribe first, then `start`."""

    def __init__(self, url: str, *, name: str, drain_s: float = 10) -> None:
        self._broker = RabbitBroker(
            str(URL(url).update_query(name=name)),
            apply_types=False,
            graceful_timeout=drain_s,
            logger=None,
        )
        self._drain_s = drain_s
        self._confirmed: AbstractChannel | None = None
        self._shown: AbstractChannel | None = None
        self._admin: AbstractChannel | None = None
        self._queues: set[str] = set()
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
        self._wanted.append(_Wanted(declared, handler, models, bindings, prefetch, transient))

    async def start(self) -> None:
        """Connect, declare the topology, consume. Raises ConnectionError when the broker cannot be
        reached."""
        connection = await self._broker.connect()
        self._admin = await connection.channel(publisher_confirms=False)
        self._confirmed = await connection.channel(publisher_confirms=True, on_return_raises=True)
        self._shown = await connection.channel(publisher_confirms=False)
        await self._declare_core()
        for wanted in self._wanted:
            await self._declare(wanted.queue, wanted.bindings)
        for wanted in self._wanted[len(self._consumers) :]:
            self._consumers[wanted.queue.name] = await self._consuming(connection, wanted)

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what work depends on: persistent, confirmed, and an error when no queue takes it."""
        channel = await _raw(self._confirmed)
        await channel.basic_publish(
            _encoded(message),
            exchange=topology.EXCHANGE,
            routing_key=key,
            properties=_properties(message, trace, PERSISTENT),
            mandatory=True,
            wait=False,  # for the socket; the confirm is waited for
        )

    async def show(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what is merely shown: no confirm, and nobody needs to listen."""
        channel = await _raw(self._shown)
        await channel.basic_publish(
            _encoded(message),
            exchange=topology.EXCHANGE,
            routing_key=key,
            properties=_properties(message, trace, NOT_PERSISTENT),
        )

    async def ensure_executor_queues(self, pool: str) -> None:
        """Declare a pool's queues, so that work can wait there for an executor that is not up yet."""
        if topology.executor_queue(pool, topology.LANES[-1]) in self._queues:
            return
        for lane in topology.LANES:
            queue = _durable(topology.executor_queue(pool, lane))
            await self._declare(queue, [topology.ready_key(pool, lane)])

    async def ping(self) -> None:
        """Raises ConnectionError when the broker is not connected."""
        if not await self._broker.ping(timeout=1):
            raise ConnectionError("not connected to RabbitMQ")

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
        await self._broker.stop()

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
        declared = await _declared(self._admin, queue)
        for key in bindings:
            await declared.bind(topology.EXCHANGE, key)
        self._queues.add(queue.name)

    async def _consuming(self, connection: AbstractRobustConnection, wanted: _Wanted) -> Consumer:
        channel = cast("AbstractRobustChannel", await connection.channel(publisher_confirms=False))
        await channel.set_qos(prefetch_count=wanted.prefetch)
        await _declared(channel, wanted.queue)  # again, so that this channel brings it back by itself
        models = {model.event: model for model in wanted.models}
        consumer = Consumer(
            channel,
            wanted.queue.name,
            wanted.handler,
            models,
            prefetch=wanted.prefetch,
            no_ack=wanted.transient,
        )
        await consumer.start()
        return consumer


async def _declared(channel: AbstractChannel, queue: RabbitQueue) -> AbstractQueue:
    return await channel.declare_queue(
        queue.name,
        durable=queue.durable,
        exclusive=queue.exclusive,
        auto_delete=queue.auto_delete,
        arguments=queue.arguments,
    )


async def _raw(channel: AbstractChannel | None) -> RawChannel:
    """The channel below, once there is a connection; aio-pika's messages cost a third of a publication."""
    assert channel is not None, "start the bus before publishing"
    return cast("RawChannel", await channel.get_underlay_channel())


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
