"""Every run is counted once, whoever counts, whatever crashes in between, and however often it ends."""

import asyncio
from typing import Any

import pytest
from ulid import ULID

from services.planner import sweep
from services.planner.counting import Counting
from services.planner.folding import Folding
from services.planner.janitor import DAY_MS, Janitor, Keep
from services.planner.memory import Memory
from shared.analytics.adding import add_runs
from shared.analytics.histogram import percentile
from shared.contracts.failure import failure
from shared.contracts.figures import HOUR_MS, RollUp
from shared.contracts.run import NodeState, Run
from shared.contracts.usage import Usage
from shared.storage.mongo import Store
from shared.storage.rollups import RollUps
from shared.storage.run_facts import RunFacts
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from tests.builders import NOW, WORKSPACE, graph, run, version

HOUR = NOW - NOW % HOUR_MS


@pytest.fixture(autouse=True)
async def published(store: Store) -> None:
    """A workflow's first version, with an `http.request` that others follow."""
    await Versions(store).insert(version(graph("a > b", a={"type": "http.request"})))


def finished(number: int, **changes: Any) -> Run:
    """A run of two nodes that took 100 ms after a wait of 10; each has cost 5 tokens."""
    at = changes.pop("at", HOUR)
    nodes = {
        "a": NodeState(status="succeeded", attempt=3, started_at=at - 100, finished_at=at - 20),
        "b": NodeState(status="succeeded", attempt=1, started_at=at - 20, finished_at=at),
    }
    given = {"status": "succeeded", "nodes": nodes, "usage": Usage(tokens=5, cost_usd=0.1), **changes}
    times = {"created_at": at - 110, "started_at": at - 100, "finished_at": at}
    return run(f"run_{number:03d}", **{**times, **given})


def counting(store: Store) -> Counting:
    return Counting(Memory(Runs(store), Versions(store)), RunFacts(store))


def folding(store: Store) -> Folding:
    return Folding(store, lambda _: True)


async def rollups(store: Store, part: Any = "runs") -> list[RollUp]:
    pages = RollUps(store).between(WORKSPACE, 0, NOW * 2, part)
    return [each async for page in pages for each in page]


async def test_three_planners_that_repeat_themselves_count_every_run_once(store: Store) -> None:
    """Ends are seen again before, while and after they are counted; roll-ups collide."""
    runs = [finished(number, at=HOUR + number % 2 * HOUR_MS) for number in range(90)]
    planners = [(counting(store), folding(store)) for _ in range(3)]

    async def work(start: int, hook: Counting, chore: Folding) -> None:
        for offset in range(0, 90, 10):
            first = (start + offset) % 90
            await hook.see(runs[first : first + 20])
            await chore.fold()

    await asyncio.gather(*(work(30 * index, *planner) for index, planner in enumerate(planners)))
    while await folding(store).fold():
        pass
    await planners[0][0].see(runs)
    assert await folding(store).fold() == 0
    found = await rollups(store)
    assert [(each.hour, each.runs[0].succeeded) for each in found] == [(HOUR, 45), (HOUR + HOUR_MS, 45)]
    figures = add_runs([each.runs[0] for each in found])
    assert (figures.tokens, figures.cost_nanos, sum(figures.durations[1::2])) == (450, 9_000_000_000, 90)
    nodes = {each.type: each for each in (await rollups(store, "nodes"))[0].nodes}
    assert (nodes["http.request"].count, nodes["http.request"].retries) == (45, 90)
    assert percentile(nodes["http.request"].durations, 0.5) in (79, 80, 81)


async def test_a_crash_between_counting_and_closing_counts_nothing_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: Any) -> None:
        raise ConnectionError("gone")

    await counting(store).see([finished(1), finished(2)])
    crashing = folding(store)
    with monkeypatch.context() as patch:
        patch.setattr(crashing._facts, "close", crash)
        with pytest.raises(ConnectionError):
            await crashing.fold()
    await counting(store).see([finished(2), finished(3)])
    await crashing.fold()
    await folding(store).fold()
    [rollup] = await rollups(store)
    assert rollup.runs[0].succeeded == 3


async def test_who_has_read_what_others_then_count_counts_it_no_more(store: Store) -> None:
    slow, quick = folding(store), folding(store)
    read = slow._open
    overtaken = iter([True])

    async def overtaking() -> Any:
        found = await read()
        if next(overtaken, False):
            await quick.fold()
            await counting(store).see([finished(2)])
            await quick.fold()
        return found

    await counting(store).see([finished(1)])
    slow._open = overtaking  # type: ignore[method-assign]
    await slow.fold()
    [rollup] = await rollups(store)
    assert rollup.runs[0].succeeded == 2


async def test_who_knows_a_rollup_as_it_was_does_not_change_it(store: Store) -> None:
    slow, quick = folding(store), folding(store)
    await counting(store).see([finished(1)])
    await slow.fold()
    await counting(store).see([finished(2)])
    await quick.fold()
    await counting(store).see([finished(3)])
    assert await slow.fold() == 0, "somebody else has saved it since"
    assert await slow.fold() == 1
    [rollup] = await rollups(store)
    assert rollup.runs[0].succeeded == 3


async def test_late_facts_come_into_the_hour_in_which_their_run_has_finished(store: Store) -> None:
    one = folding(store)
    for hour, number in ((5, 1), (2, 2), (5, 3)):
        await counting(store).see([finished(number, at=HOUR + hour * HOUR_MS + 7)])
        await one.fold()
    hours = [((each.hour - HOUR) // HOUR_MS, each.runs[0].succeeded) for each in await rollups(store)]
    assert hours == [(2, 1), (5, 2)]


async def test_failures_cancels_and_what_does_not_count(store: Store) -> None:
    failed = {"status": "failed", "failure": failure("timeout", "too long")}
    await counting(store).see(
        [
            finished(1, **failed),
            finished(2, at=HOUR + 60, **failed),
            finished(3, status="cancelled", started_at=None, nodes={}),
            finished(4, dry=True),
            finished(5, level="child", parent_id="run_001"),
            finished(6, workflow_id=None),
        ]
    )
    await folding(store).fold()
    [rollup] = await rollups(store)
    counts = {each.workflow_id: (each.succeeded, each.failed, each.cancelled) for each in rollup.runs}
    assert counts == {"": (1, 0, 0), "wf_1": (0, 2, 1)}
    assert sum(rollup.runs[1].durations[1::2]) == 2, "what never began has no duration"
    [rollup] = await rollups(store, "errors")
    [error] = rollup.errors
    assert (error.code, error.count, error.run_id, error.last_at) == ("timeout", 2, "run_002", HOUR + 60)


async def test_nodes_of_child_runs_count_with_the_run_they_belong_to(store: Store) -> None:
    body = {"graph": {"nodes": [{"id": "x", "type": "hash", "config": {}}], "edges": [], "settings": {}}}
    outer = version(graph("each", each={"type": "map", "config": body}), version_id="wf_1:2")
    inner = outer.frozen["each"].model_copy(update={"ports": ["out"]})
    frozen = {"each": outer.frozen["each"].model_copy(update={"bodies": {"graph": {"x": inner}}})}
    await Versions(store).insert(outer.model_copy(update={"frozen": frozen}))
    each = NodeState(status="succeeded", attempt=1, started_at=HOUR, finished_at=HOUR + 9)
    parent = finished(1, version="wf_1:2", nodes={"each": each})
    x = NodeState(status="failed", attempt=2, started_at=HOUR, finished_at=HOUR + 4)
    belong = {"level": "child", "parent_id": parent.id, "version": "wf_1:2#each.graph"}
    children = [run(f"run_001.each.{n}", status="failed", nodes={"x": x}, **belong) for n in range(450)]
    await Runs(store).insert_many(children)
    await counting(store).see([parent])
    await folding(store).fold()
    [rollup] = await rollups(store, "nodes")
    assert {(node.type, node.count, node.failures, node.retries) for node in rollup.nodes} == {
        ("map", 1, 0, 0),
        ("hash", 450, 450, 450),
    }


async def test_only_who_leads_a_workspace_counts_it(store: Store) -> None:
    await counting(store).see([finished(1)])
    idle = Folding(store, lambda _: False)
    assert await idle.fold() == 0
    assert await rollups(store) == []


async def test_counted_facts_go_with_their_runs_and_old_figures_after_their_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAUSE_S", 0)
    old = finished(1).model_copy(update={"id": f"run_{ULID.from_timestamp(HOUR / 1000)}", "wake_at": None})
    uncounted = old.model_copy(update={"id": f"{old.id[:-1]}{'X' if old.id[-1] != 'X' else 'Y'}"})
    await Runs(store).insert(old)
    await counting(store).see([old])
    await folding(store).fold()
    await counting(store).see([uncounted])
    keep = Keep(runs=30, keys=7, dead_letters=90, figures=60)
    removed = await Janitor(store, keep).round(HOUR + 31 * DAY_MS)
    assert removed == {"runs": 1, "run_facts": 1}
    assert [each["_id"] for each in await store["run_facts"].find({})] == [uncounted.id]
    assert await Janitor(store, keep).round(HOUR + 61 * DAY_MS) == {"rollups": 1}
