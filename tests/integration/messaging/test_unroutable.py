"""Queues and bindings vanish while services run: whoever publishes or consumes brings them back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol
from unittest.mock import AsyncMock

import aio_pika
import pytest
from aiormq.exceptions import PublishError

from shared.contracts.events import RunWoken
from shared.messaging import broker, consuming, line, topology
from shared.messaging.broker import Bus, Delivery
from shared.messaging.consuming import Consumer
from tests.waiting import until

POOL = "test_unroutable"
QUEUES = [topology.executor_queue(POOL, lane) for lane in topology.LANES]
READY = topology.ready_key(POOL, "normal")
MESSAGE = RunWoken(run_id="run_1")


class Hearing(Protocol):
    """Begins to consume the second queue; the bus, and the runs it has heard of."""

    async def __call__(self, *, alone: bool) -> tuple[Bus, list[str]]: ...


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


async def forgotten(consumer: Consumer) -> None:
    """The broker knows of it no more, and has not said so."""
    raw, tag = consumer._raw, consumer._tag
    assert raw
    assert tag
    known = raw.consumers[tag]
    await raw.basic_cancel(tag)
    raw.consumers[tag] = known


async def lost_on_the_way(consumer: Consumer) -> None:
    """The broker gives it messages that never arrive."""
    raw, tag = consumer._raw, consumer._tag
    assert raw
    assert tag
    raw.consumers[tag] = AsyncMock()


@pytest.fixture
async def hearing(
    amqp_url: str, channel: aio_pika.abc.AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hearing]:
    monkeypatch.setattr(broker, "DOUBT_EVERY_S", 0.05)
    for patience in ("ANEW_S", "UNHEARD_S"):
        monkeypatch.setattr(consuming, patience, 0.05)
    bus, heard = Bus(amqp_url, name="test-hearing"), list[str]()

    async def take(delivery: Delivery) -> None:
        heard.append(delivery.message.run_id)

    async def begin(*, alone: bool) -> tuple[Bus, list[str]]:
        bus.subscribe(QUEUES[1], take, [RunWoken], bindings=[READY], prefetch=5, single_active=alone)
        await bus.start()
        return bus, heard

    yield begin
    await bus.stop_consuming()
    await bus.close()


async def test_a_consumers_queue_comes_back_with_its_bindings(
    hearing: Hearing, channel: aio_pika.abc.AbstractChannel
) -> None:
    bus, heard = await hearing(alone=False)
    consumer = bus.consumer(QUEUES[1])
    begun = consumer._raw  # being dead may be too short for anybody to see
    await channel.queue_delete(QUEUES[1])
    await until(lambda: consumer._raw is not begun and not consumer.dead)
    exchange = await channel.get_exchange(topology.EXCHANGE, ensure=False)
    body = MESSAGE.model_dump_json().encode()
    await exchange.publish(aio_pika.Message(body, type=MESSAGE.event), READY, mandatory=True)
    await until(lambda: heard == ["run_1"])


@pytest.mark.parametrize("trouble", [forgotten, lost_on_the_way])
async def test_who_waits_in_vain_for_what_many_consume_asks_anew(
    hearing: Hearing, bus: Bus, trouble: Callable[[Consumer], Awaitable[None]]
) -> None:
    other, heard = await hearing(alone=False)
    await trouble(other.consumer(QUEUES[1]))
    before = other.consumer(QUEUES[1])._tag
    await until(lambda: other.consumer(QUEUES[1])._tag not in (before, None))
    await bus.ensure_executor_queues(POOL)
    await bus.publish(MESSAGE, READY)
    await until(lambda: heard == ["run_1"])


async def test_a_connection_lost_while_it_asks_anew_does_not_silence_it(
    hearing: Hearing, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "LOOK_EVERY_S", 0.05)
    other, heard = await hearing(alone=False)
    consumer = other.consumer(QUEUES[1])
    begun = consumer._raw
    monkeypatch.setattr(begun, "basic_cancel", AsyncMock(side_effect=ConnectionError("lost")))
    await until(lambda: consumer._raw is not begun and not consumer.dead)
    await bus.ensure_executor_queues(POOL)
    await bus.publish(MESSAGE, READY)
    await until(lambda: heard == ["run_1"])


@pytest.mark.parametrize("trouble", [forgotten, lost_on_the_way])
async def test_where_nothing_comes_of_what_was_put_in_the_one_consumer_begins_again(
    hearing: Hearing, trouble: Callable[[Consumer], Awaitable[None]]
) -> None:
    bus, heard = await hearing(alone=True)
    await trouble(bus.consumer(QUEUES[1]))
    await bus.publish(MESSAGE, READY)
    await until(lambda: heard == ["run_1"])


async def test_what_is_transient_is_left_alone(amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "DOUBT_EVERY_S", 0.05)
    monkeypatch.setattr(consuming, "ANEW_S", 0.05)
    bus = Bus(amqp_url, name="test-transient")
    bus.subscribe("test.shown", AsyncMock(), [RunWoken], bindings=["x"], prefetch=5, transient=True)
    await bus.start()
    consumer = bus.consumer("test.shown")
    begun, tag, looked = consumer._raw, consumer._tag, AsyncMock(wraps=consumer.doubt)
    monkeypatch.setattr(consumer, "doubt", looked)
    await until(lambda: looked.await_count >= 3)
    assert (consumer._raw, consumer._tag) == (begun, tag)
    await bus.close()


async def test_who_hears_what_was_put_in_goes_on_as_before(
    hearing: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, heard = await hearing(alone=True)
    consumer = bus.consumer(QUEUES[1])
    begun, looked = consumer._raw, AsyncMock(wraps=consumer.doubt)
    monkeypatch.setattr(consumer, "doubt", looked)
    for number in range(1, 4):
        await bus.publish(MESSAGE, READY)
        await until(lambda number=number: len(heard) == number)
        looked.reset_mock()
        await until(lambda: looked.await_count >= 3)
    assert consumer._raw is begun
