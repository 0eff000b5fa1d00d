"""One workspace's flood, and another's few runs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from shared.contracts.events import RunControl, RunFinished, RunRequested
from shared.contracts.run import Run
from shared.ids import new_id, now_ms
from shared.messaging.broker import Bus, Delivery
from shared.messaging.topology import planner_key
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from tests.builders import graph, run, version
from tests.e2e.client import Weft

FLOOD, FEW = 1_500, 60
CHUNK = 100


class Crowd:
    """Runs of several workspaces, begun as the gateway begins them; `ended` lists them in that order."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._runs, self._versions, self._bus = Runs(store), Versions(store), bus
        self.ended: list[Run] = []
        self._open: dict[str, Run] = {}
        self._news = asyncio.Condition()

    async def hear(self, delivery: Delivery) -> None:
        """A run has finished."""
        message: RunFinished = delivery.message
        async with self._news:
            if found := self._open.pop(message.run_id, None):
                self.ended.append(found)
                self._news.notify_all()

    async def begin(self, workspace: str, count: int) -> list[str]:
        """So many runs of three nodes."""
        name = f"wf_{workspace}:1"
        await self._versions.insert(version(graph("a > b > c"), version_id=name, workspace_id=workspace))
        begun = [
            run(new_id("run"), workspace_id=workspace, workflow_id=None, version=name, rev=0,
                wake_at=now_ms() + 10_000)
            for _ in range(count)
        ]  # fmt: skip
        self._open.update({each.id: each for each in begun})
        for start in range(0, count, CHUNK):
            part = begun[start : start + CHUNK]
            await self._runs.insert_many(part)
            await asyncio.gather(*(self._tell(RunRequested(run_id=each.id, run=each)) for each in part))
        return [each.id for each in begun]

    async def end(self, run_ids: Iterable[str]) -> None:
        """Return once these have finished."""
        wanted = set(run_ids)
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: not wanted & self._open.keys())

    async def cancel_all(self) -> None:
        """Leave nothing to do for those who come after."""
        left = list(self._open)
        await asyncio.gather(*(self._tell(RunControl(run_id=each, action="cancel")) for each in left))
        await self.end(left)

    async def _tell(self, message: Any) -> None:
        await self._bus.publish(message, planner_key(message.event, message.run_id))


@pytest.fixture
async def crowd(system: dict[str, Any], system_store: Store) -> AsyncIterator[Crowd]:
    bus = Bus(system["amqp_url"], name="test-crowd")
    crowd = Crowd(system_store, bus)
    bus.subscribe(
        "test.crowd", crowd.hear, [RunFinished], bindings=[RunFinished.event], prefetch=500, transient=True
    )
    await bus.start()
    yield crowd
    await crowd.cancel_all()
    await bus.stop_consuming()
    await bus.close()


async def test_a_few_runs_do_not_wait_behind_another_workspaces_flood(crowd: Crowd, weft: Weft) -> None:
    """Sharing by halves, they take at most twice as long as alone: while they are carried, no more of the
    flood than of them is, but for what was begun before they came."""
    flood = await crowd.begin("flooding", FLOOD)
    few = await crowd.begin("few", FEW)
    before = len(crowd.ended)
    await crowd.end(few)
    meanwhile = Counter(each.workspace_id for each in crowd.ended[before:])
    left = FLOOD - sum(each.workspace_id == "flooding" for each in crowd.ended)
    assert left > 3 * FEW, f"{len(flood)} were no flood"
    assert meanwhile["flooding"] < 200 + FEW, meanwhile
