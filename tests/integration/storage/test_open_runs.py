"""Stuck runs are found among many, with what is known of executors and child runs; others are not."""

import pytest

from shared.contracts.directive import SpawnRuns
from shared.contracts.node_run import NodeRun
from shared.contracts.run import Children, NodeState, Run, Suspension
from shared.messaging.topology import partition_of
from shared.storage import open_runs as module
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.open_runs import PARTS, OpenRuns, StuckRun, unmoved
from shared.storage.runs import Runs
from tests.builders import NOW, WORKSPACE, run

HOUR = 3_600_000
FAR = NOW + 10 * HOUR


def running(run_id: str, wake_at: int | None, **nodes: NodeState) -> Run:
    due = {"wake_at": wake_at, "deadline_at": FAR}
    return run(run_id, status="running", nodes=nodes, **due)


def in_flight(wake_at: int) -> NodeState:
    return NodeState(status="running", attempt=1, head="a", head_attempt=1, wake_at=wake_at)


async def all_stuck(store: Store) -> dict[str, StuckRun]:
    runs = OpenRuns(store)
    return {each.id: each for part in PARTS for each in await runs.stuck(part, NOW)}


async def test_the_stuck_are_found_among_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    healthy = [run(f"run_{number:03}", wake_at=NOW + 5_000) for number in range(200)]
    lost = [run(f"run_lost_{number}", wake_at=None) for number in range(20)]
    done = [run(f"run_done_{number}", status="succeeded", wake_at=NOW - HOUR) for number in range(20)]
    await Runs(store).insert_many([*healthy, *lost, *done])
    found = await all_stuck(store)
    assert set(found) == {each.id for each in lost}
    assert (found["run_lost_0"].workspace_id, found["run_lost_0"].rev) == (WORKSPACE, 1)


async def test_a_part_is_a_partition(store: Store) -> None:
    await Runs(store).insert(run("run_9", wake_at=None))
    runs = OpenRuns(store)
    parts = [part for part in PARTS if await runs.stuck(part, NOW)]
    assert parts == [partition_of("run_9")]


async def test_a_run_from_before_runs_were_marked(store: Store) -> None:
    """It is found by the time at which it is to be woken; others are not looked at twice."""
    late = run("run_old", wake_at=NOW - HOUR)
    await Runs(store).insert_many([late, run("run_new", wake_at=NOW - HOUR)])
    [document] = await store["runs"].find({"_id": "run_old"})
    assert await store["runs"].replace_one(
        {"_id": "run_old"}, {name: value for name, value in document.items() if name != "open"}
    )
    [old] = await OpenRuns(store).stuck(PARTS[-1], NOW)
    assert old.id == "run_old"
    assert set(await all_stuck(store)) == {"run_old", "run_new"}


async def test_a_claim_counts_as_long_as_its_executor_has_a_lease(store: Store) -> None:
    await Runs(store).insert(running("run_1", NOW + HOUR, a=in_flight(NOW + HOUR)))
    claim = NodeRun(
        id="run_1:a:1", run_id="run_1", workspace_id=WORKSPACE, executor="http_1", open=True, created_at=NOW
    )
    await NodeRuns(store).insert([claim])
    await Executors(store).beat("http_1", NOW, 1)
    assert await all_stuck(store) == {}
    await Executors(store).leave("http_1")
    [reason] = (await all_stuck(store))["run_1"].reasons
    assert (reason.code, reason.node) == ("executor_gone", "a")
    assert await NodeRuns(store).finish([claim.model_copy(update={"open": False})])
    assert await all_stuck(store) == {}


async def test_child_runs_that_are_not_there_are_named(store: Store) -> None:
    spawning = Suspension(
        directive=SpawnRuns(shape="map", total=2),
        children=Children(released=2, open=["0", "1"]),
        started_at=NOW,
    )
    each = NodeState(status="suspended", attempt=1, suspended=spawning, wake_at=NOW + HOUR)
    await Runs(store).insert(running("run_1", NOW + HOUR, each=each))
    await Runs(store).insert(run("run_1.each.0", wake_at=NOW + 5_000))
    reasons = (await all_stuck(store))["run_1"].reasons
    assert [reason.code for reason in reasons] == ["late_timer", "child_missing"]
    assert "run_1.each.1" in reasons[1].said


def test_a_run_that_has_moved_meanwhile_is_not_stuck() -> None:
    def stuck(run_id: str, rev: int) -> StuckRun:
        return StuckRun(run_id, WORKSPACE, rev, ())

    before = [stuck("run_1", 1), stuck("run_2", 1), stuck("run_3", 4)]
    now = [stuck("run_1", 1), stuck("run_2", 2), stuck("run_4", 4)]
    assert unmoved(before, now) == [stuck("run_1", 1)]
