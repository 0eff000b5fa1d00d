"""How old is what has been saved and not told?"""

import asyncio
from typing import Any

from services.planner.outbox import Outbox
from services.planner.saved import RECORD_AFTER_MS, Saved
from shared.contracts.node_run import NodeRun
from shared.contracts.run import Event
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.run_events import RunEvents
from tests.builders import NOW, graph, pinned, run, succeeded


class Bus:
    """A broker that confirms when it likes."""

    def __init__(self) -> None:
        self.confirms = asyncio.Event()

    async def show(self, *_: Any, **__: Any) -> None:
        """Wait for the confirm."""
        await self.confirms.wait()


def confirming(store: Store) -> Outbox:
    """An outbox whose broker confirms at once; it has nothing to send."""
    bus: Any = Bus()
    bus.confirms.set()
    nothing: Any = None
    return Outbox(bus, RunEvents(store), NodeRuns(store), nothing, nothing, nothing)


async def test_the_outbox_ages_until_everything_is_told(store: Store) -> None:
    bus: Any = Bus()
    nothing: Any = None
    outbox = Outbox(bus, RunEvents(store), NodeRuns(store), nothing, nothing, nothing)
    assert outbox.age_s() == 0
    left = {"1": Event(type="run.started", at=now_ms() - 60_000), "2": Event(type="node.ready", at=now_ms())}
    saved = Saved(run(outbox=left, seq=2), pinned(graph("a")), [], {}, "")
    flushing = asyncio.create_task(outbox.flush([saved], now_ms()))
    await asyncio.sleep(0)
    assert 60 <= outbox.age_s() < 600, "as old as the oldest event"
    bus.confirms.set()
    await flushing
    assert outbox.age_s() == 0
    assert [*await RunEvents(store).after("run_1", 0)] == [1, 2]


async def test_fresh_events_are_told_at_once_and_recorded_with_those_that_follow(store: Store) -> None:
    outbox = confirming(store)
    begun = {"1": Event(type="run.started", at=now_ms()), "2": Event(type="node.ready", at=now_ms())}
    [kept] = await outbox.flush([Saved(run(outbox=begun, seq=2), pinned(graph("a")), [], {}, "")], now_ms())
    assert await RunEvents(store).after("run_1", 0) == {}
    assert kept.outbox == begun, "they stay in the run until they are recorded"
    more = {**begun, "3": Event(type="node.succeeded", at=now_ms())}
    saved = Saved(run(outbox=more, seq=3), pinned(graph("a")), [], {}, "", sent=2)
    [kept] = await outbox.flush([saved], now_ms() + RECORD_AFTER_MS)
    assert [*await RunEvents(store).after("run_1", 0)] == [1, 2, 3]
    assert kept.outbox == {}


async def test_a_finished_run_keeps_everything_until_it_is_recorded_with_others(store: Store) -> None:
    outbox = confirming(store)
    answer = NodeRun(
        id="run_1:a:1", run_id="run_1", workspace_id="default", results=[succeeded("a")], created_at=NOW
    )
    ended = {"1": Event(type="run.started", at=NOW), "2": Event(type="run.succeeded", at=NOW)}
    finished = run(outbox=ended, results={answer.id: answer}, seq=2, status="succeeded")
    [kept] = await outbox.flush([Saved(finished, pinned(graph("a")), [], {}, "")], now_ms())
    assert kept == finished
    [bare] = await outbox.record([kept])
    assert (bare.outbox, bare.results) == ({}, {})
    assert [*await RunEvents(store).after("run_1", 0)] == [1, 2]
    assert await NodeRuns(store).load([answer.id]) == {answer.id: answer}


async def test_results_that_came_with_the_run_are_stored_when_it_is_flushed(store: Store) -> None:
    outbox = confirming(store)
    answer = NodeRun(
        id="run_1:a:1", run_id="run_1", workspace_id="default", results=[succeeded("a")], created_at=NOW
    )
    saved = Saved(run(results={answer.id: answer}), pinned(graph("a")), [], {}, "")
    [kept] = await outbox.flush([saved], now_ms())
    assert kept.results == {}
    assert await NodeRuns(store).load([answer.id]) == {answer.id: answer}
