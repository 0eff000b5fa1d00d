"""Runs of several workspaces, begun as the gateway begins them: it opens only one of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from shared.contracts.events import RunControl, RunFinished, RunRequested
from shared.contracts.graph import OUT, Graph
from shared.contracts.run import Cause, Run
from shared.contracts.value import NULL
from shared.contracts.version import FrozenNode, Version
from shared.ids import new_id, now_ms
from shared.messaging.broker import Bus, Delivery
from shared.messaging.topology import planner_key
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from shared.storage.versions import Versions

CHUNK = 100
WITHIN_S = 600
RECOVERY_MS = 10_000


class Crowd:
    """`ended` lists the runs that have finished, in that order."""

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

    async def begin(self, workspace: str, count: int, graph: Mapping[str, Any]) -> list[str]:
        """So many runs of a graph of core nodes without side effects; their ids."""
        name = f"wf_{workspace}:1"
        await self._versions.insert(_version(name, workspace, graph))
        begun = [_run(name, workspace) for _ in range(count)]
        self._open.update({each.id: each for each in begun})
        for start in range(0, count, CHUNK):
            part = begun[start : start + CHUNK]
            await self._runs.insert_many(part)
            await asyncio.gather(*(self._tell(RunRequested(run_id=each.id, run=each)) for each in part))
        return [each.id for each in begun]

    async def end(self, run_ids: Iterable[str], *, within_s: float = WITHIN_S) -> None:
        """Return once these have finished."""
        wanted = set(run_ids)
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: not wanted & self._open.keys())

    async def cancel_all(self) -> None:
        """Leave nothing to do for those who come after."""
        left = list(self._open)
        await asyncio.gather(*(self._tell(RunControl(run_id=each, action="cancel")) for each in left))
        await self.end(left)

    async def _tell(self, message: Any) -> None:
        await self._bus.publish(message, planner_key(message.event, message.run_id))


@asynccontextmanager
async def crowded(amqp_url: str, store: Store) -> AsyncIterator[Crowd]:
    """A crowd on a running system; what it has not finished at the end is cancelled."""
    bus = Bus(amqp_url, name="crowd")
    crowd = Crowd(store, bus)
    bus.subscribe(
        new_id("crowd"), crowd.hear, [RunFinished], bindings=[RunFinished.event], prefetch=500, transient=True
    )
    await bus.start()
    try:
        yield crowd
        await crowd.cancel_all()
    finally:
        await bus.stop_consuming()
        await bus.close()


def _version(name: str, workspace: str, graph: Mapping[str, Any]) -> Version:
    drawn = Graph.model_validate(graph)
    frozen = FrozenNode(pool="core", ports=[OUT], side_effects="none", light=True)
    return Version(
        id=name,
        workspace_id=workspace,
        workflow_id=None,
        number=1,
        graph=drawn.model_dump_json(),
        frozen=dict.fromkeys((node.id for node in drawn.nodes), frozen),
        created_at=now_ms(),
    )


def _run(version: str, workspace: str) -> Run:
    return Run(
        id=new_id("run"),
        workspace_id=workspace,
        version=version,
        trigger=Cause(kind="api"),
        status="queued",
        rev=0,
        wake_at=now_ms() + RECOVERY_MS,
        input=NULL,
        created_at=now_ms(),
    )
