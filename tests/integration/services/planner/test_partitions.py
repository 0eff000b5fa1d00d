"""Planners that share the partitions: on a real broker, each as its main composes it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from services.planner.__main__ import planner
from services.planner.membership import ranked
from shared.contracts.events import NodeReady, RunRequested
from shared.messaging.topology import PARTITIONS, partition_of, planner_key
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import finished, run, succeeded
from tests.integration.services.frame import Peer, working

ONE_EACH = {partition_of(f"run_{n}"): n for n in range(200)}
"""The number of a run in each partition."""


class Sharing:
    """Some planners, and runs that tell who has carried them."""

    def __init__(self, store: Store, executor: Peer) -> None:
        self._runs = Runs(store)
        self._executor = executor
        self._round = 0

    async def writers(self) -> dict[int, str]:
        """Who carries a run in each partition."""
        self._round += 1
        runs = {
            partition: run(f"run_{number}.{self._round}.0", rev=0) for partition, number in ONE_EACH.items()
        }
        for each in runs.values():
            await self._runs.insert(each)
            message = RunRequested(run_id=each.id, run=each)
            await self._executor.bus.publish(message, planner_key(message.event, each.id))
        unheard = {(each.id, node) for each in runs.values() for node in ("a", "b")}
        while unheard:
            unheard.discard(await self._answered())
        stored = await self._runs.load([each.id for each in runs.values()])
        return {partition: stored[each.id].writer.partition(":")[0] for partition, each in runs.items()}

    async def _answered(self) -> tuple[str, str]:
        """The run and the node that were sent. That may happen twice: whoever takes over a run sends again
        what the one before may not have sent."""
        ready = await self._executor.next()
        assert isinstance(ready, NodeReady)
        node = ready.nodes[0]
        message = finished(succeeded(node.node, attempt=node.attempt), run_id=ready.run_id)
        await self._executor.bus.publish(message, planner_key(message.event, ready.run_id))
        return ready.run_id, node.node

    async def until_shared_by(self, planners: list[Service]) -> None:
        """Return once each partition is carried by who is to see to it; fails when that takes too long."""
        wanted = {each: ranked(each, [one.id for one in planners])[0] for each in range(PARTITIONS)}
        found: dict[int, str] = {}
        try:
            async with asyncio.timeout(80):
                while (found := await self.writers()) != wanted:
                    pass
        except TimeoutError:
            raise AssertionError(f"{found} instead of {wanted}") from None


@pytest.mark.timeout(300)
async def test_partitions_follow_planners_that_come_and_go(
    store: Store, amqp_url: str, store_url: str, published: None, executor: Peer
) -> None:
    sharing = Sharing(store, executor)
    async with AsyncExitStack() as first, AsyncExitStack() as others:

        async def join(stack: AsyncExitStack) -> Service:
            return await stack.enter_async_context(working("planner", planner, amqp_url, store_url))

        one = await join(first)
        assert set((await sharing.writers()).values()) == {one.id}
        two = await join(others)
        await sharing.until_shared_by([one, two])
        three = await join(others)
        await sharing.until_shared_by([one, two, three])
        await first.aclose()
        assert one.id not in (await sharing.writers()).values(), "who stood by took over at once"
        await sharing.until_shared_by([two, three])


async def test_what_another_planner_has_done_meanwhile_is_not_overlooked(
    store: Store, executor: Peer, planning: Service, work: Callable[[], Awaitable[NodeReady]]
) -> None:
    """The run that this planner remembers has gone on elsewhere: nothing follows from the message for what it
    remembers, but for what is stored something does."""
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    begin = RunRequested(run_id=fresh.id, run=fresh)
    await executor.bus.publish(begin, planner_key(begin.event, fresh.id))
    assert (await work()).nodes[0].node == "a"
    stored = (await Runs(store).load([fresh.id]))[fresh.id]
    second = stored.nodes["a"].model_copy(update={"attempt": 2, "head_attempt": 2})
    other = {"rev": stored.rev + 1, "writer": "another", "nodes": {"a": second}}
    assert await Runs(store).save([stored.model_copy(update=other)]) == {fresh.id}
    message = finished(succeeded("a", attempt=2))
    await executor.bus.publish(message, planner_key(message.event, fresh.id))
    assert (await work()).nodes[0].node == "b"
