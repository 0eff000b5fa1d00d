"""Poison: a message that can never be handled ends among the dead letters, and harms nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
import pytest

from shared.contracts.events import NodeReady, NodeTask, RunControl, RunFinished, RunRequested, RunWoken
from shared.contracts.run import Run
from shared.ids import now_ms
from shared.messaging.broker import Bus, Delivery
from shared.messaging.topology import (
    LANES,
    PARTITIONS,
    executor_queue,
    partition_of,
    planner_key,
    planner_queue,
)
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from tests.builders import NOW, finished, graph, run, succeeded, version
from tests.integration.messaging.crew import Post, post, working

POOLS = ("core", "http")
PLANNER_QUEUES = [planner_queue(partition) for partition in range(PARTITIONS)]
EXECUTOR_QUEUES = [executor_queue(pool, lane) for pool in POOLS for lane in LANES]
FETCH = NodeTask(node="a", type="noop", attempt=1, config="{}", timeout_s=60)
READY = NodeReady(
    run_id="run_1", workspace_id="w", pool="core", side_effects="none", nodes=[FETCH], sent_at=NOW
)
HUGE = orjson.dumps({"run_id": "x" * 1_000_000, "extra": 1})
DEEP = b"[" * 100_000 + b"]" * 100_000
NEVER: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", "run.woken"),
    "no JSON": (b'{"run_id": ', "run.woken"),
    "no UTF-8": (b'{"run_id": "\xff\xfe"}', "run.woken"),
    "too deep": (DEEP, "run.woken"),
    "no object": (b"[1, 2]", "run.woken"),
    "no type": (b'{"run_id": "run_1"}', None),
    "unknown type": (b'{"run_id": "run_1"}', "run.exploded"),
    "another queue's type": (b'{"run_id": "run_1", "nodes": []}', "node.cancelled"),
    "a wrong field": (b'{"run_id": 7}', "run.woken"),
    "an unknown field": (b'{"run_id": "run_1", "surprise": 1}', "run.woken"),
    "a megabyte of it": (HUGE, "run.woken"),
    "no such attempt": (b'{"run_id": "r", "node": "a", "attempt": "x"}', "node.started"),
}
NO_RUN: dict[str, tuple[bytes, str | None]] = {
    each.event: (each.model_dump_json(by_alias=True).encode(), each.event)
    for each in (
        RunWoken(run_id="run_unknown"),
        RunRequested(run_id="run_unknown"),
        RunControl(run_id="run_unknown", action="cancel"),
        finished(succeeded("a"), run_id="run_unknown"),
    )
}
NO_WORK: dict[str, tuple[bytes, str | None]] = {
    "nothing to do": (READY.model_copy(update={"nodes": []}).model_dump_json().encode(), "node.ready"),
    "work that is no config": (
        READY.model_copy(update={"nodes": [{"node": "a"}]}).model_dump_json(warnings=False).encode(),
        "node.ready",
    ),
}


@pytest.fixture
async def crew(
    amqp_url: str, store_url: str, drop_queues: Callable[..., Awaitable[None]]
) -> AsyncIterator[Post]:
    await drop_queues(*PLANNER_QUEUES, *EXECUTOR_QUEUES)
    async with working(amqp_url, store_url), post(amqp_url) as letters:
        yield letters


class Ends:
    """Hears of every run that has finished."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self._heard = asyncio.Condition()

    async def hear(self, delivery: Delivery) -> None:
        message: RunFinished = delivery.message
        async with self._heard:
            self.statuses[message.run_id] = message.status
            self._heard.notify_all()

    async def of(self, run_ids: list[str]) -> dict[str, str]:
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: set(run_ids) <= set(self.statuses))
        return {run_id: self.statuses[run_id] for run_id in run_ids}


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[tuple[Bus, Ends]]:
    bus, ends = Bus(amqp_url, name="test"), Ends()
    bus.subscribe(
        "test.ends", ends.hear, [RunFinished], bindings=[RunFinished.event], prefetch=100, transient=True
    )
    await bus.start()
    yield bus, ends
    await bus.stop_consuming()
    await bus.close()


def one_a_partition() -> list[Run]:
    """Sixteen runs, each in a partition of its own, half of them in the fast lane."""
    found: dict[int, Run] = {}
    number = 0
    while len(found) < PARTITIONS:
        run_id = f"run_{number}"
        lane = LANES[number % 2]
        found.setdefault(partition_of(run_id), run(run_id, lane=lane, wake_at=now_ms() + 60_000))
        number += 1
    return list(found.values())


async def go(bus: Bus, store: Store, runs: list[Run]) -> list[str]:
    """Request these runs: two nodes in the runner, and a call that the connectors refuse."""
    call = {"type": "http.request", "config": {"url": "http://127.0.0.1:1/"}, "on_failure": "continue"}
    drawn = graph("a > call > z", call=call)
    published = version(drawn, pools={"call": "http"}, side_effects={"call": "once"})
    await Versions(store).insert(published)
    for each in runs:
        await Runs(store).insert(each)
        await bus.publish(RunRequested(run_id=each.id, run=each), planner_key("run.requested", each.id))
    return [each.id for each in runs]


async def test_poison_on_every_queue_dies_and_the_consumers_go_on(
    crew: Post, bus: tuple[Bus, Ends], store: Store
) -> None:
    sent: dict[str, str] = {}
    for queue in [*PLANNER_QUEUES, *EXECUTOR_QUEUES]:
        special = NO_RUN if queue in PLANNER_QUEUES else NO_WORK
        for name, (body, kind) in {**NEVER, **special}.items():
            mark = f"{name} in {queue}"
            sent[mark] = queue
            await crew.put(queue, body, kind, mark)
    ids = await go(bus[0], store, one_a_partition())
    assert await crew.dead(len(sent)) == sent
    assert await bus[1].of(ids) == dict.fromkeys(ids, "succeeded")


async def test_poison_does_not_take_its_batch_along(crew: Post, bus: tuple[Bus, Ends], store: Store) -> None:
    """All in one partition, one behind the other: what is decided together must not die together."""
    same = [each for each in (f"run_{n}" for n in range(400)) if partition_of(each) == 0][:20]
    marks: list[str] = []
    for index, run_id in enumerate(same):
        await go(bus[0], store, [run(run_id, wake_at=now_ms() + 60_000)])
        body, kind = list(NO_RUN.values())[index % len(NO_RUN)]
        marks.append(f"{index}")
        await crew.put(planner_queue(0), body, kind, marks[-1])
    assert await crew.dead(len(marks)) == dict.fromkeys(marks, planner_queue(0))
    assert await bus[1].of(same) == dict.fromkeys(same, "succeeded")


async def test_a_result_that_no_store_can_hold_harms_its_own_run_at_most(
    crew: Post, bus: tuple[Bus, Ends], store: Store
) -> None:
    same = [each for each in (f"run_{n}" for n in range(400)) if partition_of(each) == 0][:10]
    for index, run_id in enumerate(same):
        await go(bus[0], store, [run(run_id, wake_at=now_ms() + 60_000)])
        if index % 3 == 0:
            result = succeeded("a").model_copy(update={"started_at": 10**30})
            message = finished(result, run_id=run_id)
            await crew.put(planner_queue(0), message.model_dump_json().encode(), message.event, run_id)
    ends = await bus[1].of([each for index, each in enumerate(same) if index % 3])
    assert set(ends.values()) == {"succeeded"}
