"""The bus: FastStream consumes, one confirmed channel and one unconfirmed channel publish."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import aio_pika
from aio_pika.abc import AbstractExchange
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from pydantic import ValidationError
from yarl import URL

from shared.contracts.events import Message
from shared.messaging import topology
from shared.telemetry import logger, traceparent

if TYPE_CHECKING:
    from faststream.rabbit.schemas.queue import QuorumQueueArgs
    from faststream.rabbit.subscriber import RabbitSubscriber


class Poison(Exception):
    """A message that can never be handled; it goes to the dead letters."""


@dataclass(frozen=True)
class Delivery:
    """A message as it arrived: its content, its trace, and the means to acknowledge it before the handler
    returns."""

    message: Any
    traceparent: str
    raw: RabbitMessage

    async def ack(self) -> None:
        """Take responsibility now; a handler that returns without it is acknowledged then."""
        await self.raw.ack()


Handler = Callable[[Delivery], Awaitable[None]]


class Bus:
    """One connection to RabbitMQ. Subscribe first, then `start`."""

    def __init__(self, url: str, *, name: str, drain_s: float = 10) -> None:
        self._broker = RabbitBroker(
            str(URL(url).update_query(name=name)),
            apply_types=False,
            graceful_timeout=drain_s,
            logger=None,
            default_channel=Channel(prefetch_count=1),
        )
        self._confirmed: AbstractExchange | None = None
        self._shown: AbstractExchange | None = None
        self._admin: aio_pika.abc.AbstractChannel | None = None
        self._queues: set[str] = set()
        self._to_declare: list[tuple[RabbitQueue, Sequence[str]]] = []

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

        `transient` makes an exclusive queue that goes away with the connection, for what is merely shown."""
        by_event = {model.event: model for model in models}

        async def decode(raw: RabbitMessage) -> Delivery:
            return Delivery(_decoded(raw, by_event), str(raw.headers.get("traceparent", "")), raw)

        declared = _transient(queue) if transient else _durable(queue, single_active=single_active)
        self._to_declare.append((declared, bindings))
        self._broker.subscriber(
            declared,
            channel=Channel(prefetch_count=prefetch),
            decoder=decode,
            ack_policy=AckPolicy.REJECT_ON_ERROR,
            no_reply=True,
        )(handler)

    async def start(self) -> None:
        """Connect, declare the topology, consume. Raises ConnectionError when the broker cannot be
        reached."""
        connection = await self._broker.connect()
        self._admin = await connection.channel(publisher_confirms=False)
        confirmed = await connection.channel(publisher_confirms=True, on_return_raises=True)
        self._confirmed = await confirmed.declare_exchange(
            topology.EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )
        shown = await connection.channel(publisher_confirms=False)
        self._shown = await shown.get_exchange(topology.EXCHANGE, ensure=False)
        await self._declare_core()
        for queue, bindings in self._to_declare:
            await self._declare(queue, bindings)
        await self._broker.start()

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what work depends on: persistent, confirmed, and an error when no queue takes it."""
        assert self._confirmed is not None, "start the bus before publishing"
        await self._confirmed.publish(_encoded(message, trace, persistent=True), key, mandatory=True)

    async def show(self, message: Message, key: str, *, trace: str = "") -> None:
        """Publish what is merely shown: no confirm, and nobody needs to listen."""
        assert self._shown is not None, "start the bus before publishing"
        await self._shown.publish(_encoded(message, trace, persistent=False), key, mandatory=False)

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

    async def stop_consuming(self) -> None:
        """Take no new messages, and return when the handlers under way have. The consumers are cancelled
        before anything is waited for, so that others get what comes in meanwhile; FastStream by itself would
        take it and drop it until the connection closes."""
        subscribers = cast("list[RabbitSubscriber]", self._broker.subscribers)
        await asyncio.gather(*(_cancel_consumer(each) for each in subscribers))
        await asyncio.gather(*(each.stop() for each in subscribers))

    async def close(self) -> None:
        """Close the connection."""
        await self._broker.stop()

    async def _declare_core(self) -> None:
        assert self._admin is not None
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
        declared = await self._admin.declare_queue(
            queue.name,
            durable=queue.durable,
            exclusive=queue.exclusive,
            auto_delete=queue.auto_delete,
            arguments=queue.arguments,
        )
        for key in bindings:
            await declared.bind(topology.EXCHANGE, key)
        self._queues.add(queue.name)


async def _cancel_consumer(subscriber: "RabbitSubscriber") -> None:
    queue, tag = subscriber._queue_obj, subscriber._consumer_tag
    if queue is not None and tag is not None and not queue.channel.is_closed:
        await queue.cancel(tag)
        subscriber._consumer_tag = None


def _durable(name: str, *, single_active: bool = False) -> RabbitQueue:
    arguments = topology.PLANNER_QUEUE if single_active else topology.WORK_QUEUE
    return RabbitQueue(name, queue_type=QueueType.QUORUM, arguments=cast("QuorumQueueArgs", dict(arguments)))


def _transient(name: str) -> RabbitQueue:
    return RabbitQueue(name, exclusive=True, auto_delete=True)


def _encoded(message: Message, trace: str, *, persistent: bool) -> aio_pika.Message:
    return aio_pika.Message(
        message.model_dump_json(by_alias=True, exclude_defaults=True).encode(),
        content_type="application/json",
        type=message.event,
        headers={"traceparent": trace or traceparent()},
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        if persistent
        else aio_pika.DeliveryMode.NOT_PERSISTENT,
    )


def _decoded(raw: RabbitMessage, by_event: Mapping[str, type[Message]]) -> Message:
    event = raw.raw_message.type or ""
    model = by_event.get(event)
    if model is None:
        logger.error("message.poison", reason=f"unexpected type {event!r}", key=raw.raw_message.routing_key)
        raise Poison(f"a message of type {event!r} does not belong on this queue")
    try:
        return model.model_validate_json(raw.body)
    except ValidationError as error:
        reason = str(error.errors(include_input=False, include_url=False)[:3])
        logger.error("message.poison", reason=reason, key=raw.raw_message.routing_key)
        raise Poison(f"not a {event}: {reason}") from None
