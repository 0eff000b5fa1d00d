"""Queues and bindings vanish while services run: whoever publishes or consumes brings them back."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aio_pika
import pytest
from aiormq.exceptions import PublishError

from shared.contracts.events import RunWoken
from shared.messaging import broker, topology
from shared.messaging.broker import Bus, Delivery
from shared.messaging.consuming import Consumer
from tests.waiting import until

POOL = "test_unroutable"
QUEUES = [topology.executor_queue(POOL, lane) for lane in topology.LANES]
READY = topology.ready_key(POOL, "normal")
MESSAGE = RunWoken(run_id="run_1")


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[Bus]:
    bus = Bus(amqp_url, name="test-unroutable")
    await bus.start()
    yield bus
    await bus.stop_consuming()
    await bus.close()


@pytest.fixture
async def channel(
    amqp_url: str, drop_queues: Callable[..., Awaitable[None]]
) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel()
    await drop_queues(*QUEUES)


async def waiting(channel: aio_pika.abc.AbstractChannel, queue: str) -> int | None:
    return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count


async def test_a_pools_queue_that_was_deleted_is_declared_again_by_who_publishes(
    bus: Bus, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bus.ensure_executor_queues(POOL)
    for queue in QUEUES:
        await channel.queue_delete(queue)
    await bus.ensure_executor_queues(POOL)
    await bus.publish(MESSAGE, READY)
    assert await waiting(channel, topology.executor_queue(POOL, "normal")) == 1


async def test_a_planners_queue_that_was_deleted_is_declared_again_by_who_publishes(
    bus: Bus, channel: aio_pika.abc.AbstractChannel
) -> None:
    queue = topology.planner_queue(topology.partition_of("run_1"))
    await channel.queue_delete(queue)
    key = topology.planner_key("run.woken", "run_1")
    await bus.publish(MESSAGE, key)
    await bus.publish(MESSAGE, key)
    assert await waiting(channel, queue) == 2


async def test_bindings_that_were_removed_come_back(bus: Bus, channel: aio_pika.abc.AbstractChannel) -> None:
    await bus.ensure_executor_queues(POOL)
    queue = await channel.get_queue(topology.executor_queue(POOL, "normal"))
    await queue.unbind(topology.EXCHANGE, READY)
    await bus.publish(MESSAGE, READY)
    assert await waiting(channel, queue.name) == 1


async def test_what_no_queue_takes_is_an_error(bus: Bus) -> None:
    with pytest.raises(PublishError):
        await bus.publish(MESSAGE, "nobody.listens")


async def test_an_exchange_that_was_deleted_comes_back(
    bus: Bus, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bus.ensure_executor_queues(POOL)
    await channel.exchange_delete(topology.EXCHANGE)
    await bus.publish(MESSAGE, READY)
    assert await waiting(channel, topology.executor_queue(POOL, "normal")) == 1


def forgotten(consumer: Consumer) -> Awaitable[None]:
    """The broker knows of it no more, and has not said so."""
    raw, tag = consumer._raw, consumer._tag
    assert raw
    assert tag

    async def forget() -> None:
        known = raw.consumers[tag]
        await raw.basic_cancel(tag)
        raw.consumers[tag] = known

    return forget()


@pytest.mark.parametrize("how", ["deleted", "deleted and declared again before anybody is told"])
async def test_a_consumers_queue_comes_back_with_its_bindings(
    amqp_url: str, channel: aio_pika.abc.AbstractChannel, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(broker, "ASK_EVERY_S", 0.05)
    heard: list[str] = []

    async def take(delivery: Delivery) -> None:
        heard.append(delivery.message.run_id)

    other, name = Bus(amqp_url, name="test-unroutable"), topology.executor_queue(POOL, "normal")
    other.subscribe(name, take, [RunWoken], bindings=[READY], prefetch=5)
    await other.start()
    consumer = other.consumer(name)
    begun = consumer._raw  # being dead may be too short for anybody to see
    await (channel.queue_delete(name) if how == "deleted" else forgotten(consumer))
    await until(lambda: consumer._raw is not begun and not consumer.dead)
    exchange = await channel.get_exchange(topology.EXCHANGE, ensure=False)
    body = MESSAGE.model_dump_json().encode()
    await exchange.publish(aio_pika.Message(body, type=MESSAGE.event), READY, mandatory=True)
    await until(lambda: heard == ["run_1"])
    await other.stop_consuming()
    await other.close()
