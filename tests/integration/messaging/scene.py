"""Planner, runner and connectors whose wires to broker and store can be broken, and runs that call the
outside world once each."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
from structlog.testing import capture_logs

from shared.contracts.events import RunFinished, RunRequested
from shared.ids import new_id, now_ms
from shared.messaging.broker import Bus, Delivery
from shared.messaging.topology import DEAD_QUEUE, planner_key
from shared.storage.mongo import Store
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from tests.builders import graph, run, version
from tests.http_server import Server
from tests.integration.messaging.crew import working
from tests.proxy import Proxy, proxied
from tests.waiting import LOOK_EVERY_S

ENDS_WITHIN_S = 150


@dataclass
class Scene:
    """What the tests hold of it: the wires to break, and connections of their own."""

    broker: Proxy
    store: Proxy
    bus: Bus
    runs: Runs
    events: RunEvents
    channel: aio_pika.abc.AbstractChannel
    target: Server
    ended: dict[str, str] = field(default_factory=dict[str, str])

    async def start(self, count: int) -> list[str]:
        """Have runs carried: a node in the runner, a call not to be made twice, a node in the runner."""
        found = [run(new_id("run"), wake_at=now_ms() + 10_000, rev=0) for _ in range(count)]
        for each in found:
            await self.runs.insert(each)
            key = planner_key("run.requested", each.id)
            await self.bus.publish(RunRequested(run_id=each.id, run=each), key)
        return [each.id for each in found]

    async def succeed(self, run_ids: list[str]) -> None:
        """Return once these runs have ended well: one attempt each, every event told once, nothing dead."""
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                while await self._unfinished(run_ids):  # noqa: ASYNC110 (nothing tells of the last of them)
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise AssertionError(f"not finished: {await self._unfinished(run_ids)}") from None
        found = await self.runs.load(run_ids)
        assert {each.status for each in found.values()} == {"succeeded"}
        assert {state.attempt for each in found.values() for state in each.nodes.values()} == {1}
        for each in found.values():
            told = await self.events.after(each.id, 0) | {int(seq): one for seq, one in each.outbox.items()}
            assert sorted(told) == list(range(1, each.seq + 1)), "no gap, no double"
            assert [one.type for one in told.values()].count("node.succeeded") == 3
        assert await self.dead() == 0

    async def dead(self) -> int:
        """How many dead letters there are."""
        return await self.waiting(DEAD_QUEUE)

    async def waiting(self, queue: str) -> int:
        """How many messages of a queue nobody has taken."""
        return (await self.channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0

    async def hear(self, delivery: Delivery) -> None:
        """Of a run that has ended."""
        self.ended[delivery.message.run_id] = delivery.message.status

    async def _unfinished(self, run_ids: list[str]) -> dict[str, dict[str, object]]:
        """How the nodes stand of those runs that have not finished."""
        left = set(run_ids) - await self.runs.among(run_ids, ["succeeded", "failed", "cancelled"])
        found = await self.runs.load(list(left)) if left else {}
        return {
            each.id: {"wake_at": each.wake_at, **{key: state.status for key, state in each.nodes.items()}}
            for each in found.values()
        }


@asynccontextmanager
async def scene(amqp_url: str, store_url: str, target: Server) -> AsyncIterator[Scene]:
    """All of it, working; the wires are whole at the end."""
    asked = {"url": target.url("/gate/call"), "method": "POST"}
    # What a deleted queue has swallowed is looked for when the node's time is over.
    calls: dict[str, Any] = {"type": "http.request", "config": asked, "timeout_s": 20}
    drawn = graph("a > call > z", call=calls)
    published = version(drawn, pools={"call": "http"}, side_effects={"call": "once"})
    bus, store = Bus(amqp_url, name="test-scene"), Store(store_url)
    await store.prepare()
    await Versions(store).insert(published)
    async with (
        proxied(amqp_url) as broker_wire,
        proxied(store_url) as store_wire,
        await aio_pika.connect(amqp_url) as connection,
    ):
        channel = await connection.channel()
        made = Scene(broker_wire, store_wire, bus, Runs(store), RunEvents(store), channel, target)
        bus.subscribe(
            "test.ends", made.hear, [RunFinished], bindings=["run.finished"], prefetch=100, transient=True
        )
        await bus.start()
        try:
            await (await channel.get_queue(DEAD_QUEUE)).purge()
            async with working(broker_wire.url, store_wire.url):
                try:
                    yield made
                finally:
                    target.open("call")
                    broker_wire.up()
                    store_wire.up()
        finally:
            await bus.stop_consuming()
            await bus.close()
            await store.close()


@contextmanager
def told(*events: str) -> Iterator[Callable[[], bool]]:
    """Whether somebody in this process has logged one of these meanwhile."""
    with capture_logs() as logs:
        yield lambda: any(each["event"] in events for each in logs)
