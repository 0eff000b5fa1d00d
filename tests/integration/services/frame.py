"""One service in this process, composed as its main does, on real broker and store; and an ear on the bus."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from shared.contracts.events import Message, NodeFinished, NodeReady, NodeStarted
from shared.health import HealthApp
from shared.ids import new_id
from shared.messaging import topology
from shared.messaging.broker import Bus, Delivery
from shared.service import Compose, Service, Settings, _stop
from shared.storage.mongo import Store


@asynccontextmanager
async def working(name: str, compose: Compose, amqp_url: str, store_url: str) -> AsyncIterator[Service]:
    """The service, consuming; stopped as SIGTERM stops it."""
    bus, store = Bus(amqp_url, name=f"test-{name}"), Store(store_url)
    settings = Settings(drain_s=20)
    service = Service(name, new_id(name), settings, bus, store, HealthApp({}), ("127.0.0.1", 0))
    async with compose(service):
        await store.prepare()
        await bus.start()
        service.health.started = True
        try:
            yield service
        finally:
            service.health.started = False
            await _stop(service)


class Peer:
    """Stands where planner or executors would: hears what comes to some queues, and says what it likes."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.heard: asyncio.Queue[Message] = asyncio.Queue()

    async def next(self, within_s: float = 60) -> Message:
        """The next message of all."""
        async with asyncio.timeout(within_s):
            return await self.heard.get()

    async def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is wanted; others are passed over."""
        while not wanted(found := await self.next()):
            pass
        return found

    async def take(self, delivery: Delivery) -> None:
        """Hear a message."""
        self.heard.put_nowait(delivery.message)


@asynccontextmanager
async def _peer(amqp_url: str, subscribe: Callable[[Peer], None]) -> AsyncIterator[Peer]:
    peer = Peer(Bus(amqp_url, name="test-peer"))
    subscribe(peer)
    await peer.bus.start()
    try:
        yield peer
    finally:
        await peer.bus.stop_consuming()
        await peer.bus.close()


def as_executor(amqp_url: str, *pools: str) -> AbstractAsyncContextManager[Peer]:
    """Takes the work of these pools."""

    def subscribe(peer: Peer) -> None:
        for pool in pools:
            peer.bus.subscribe(
                topology.executor_queue(pool, "normal"), peer.take, [NodeReady],
                bindings=[topology.ready_key(pool, "normal")], prefetch=50,
            )  # fmt: skip

    return _peer(amqp_url, subscribe)


def as_planner(amqp_url: str) -> AbstractAsyncContextManager[Peer]:
    """Takes what executors tell the planner."""

    def subscribe(peer: Peer) -> None:
        for partition in range(topology.PARTITIONS):
            peer.bus.subscribe(
                topology.planner_queue(partition), peer.take, [NodeStarted, NodeFinished],
                bindings=topology.planner_bindings(partition), prefetch=50, single_active=True,
            )  # fmt: skip

    return _peer(amqp_url, subscribe)
