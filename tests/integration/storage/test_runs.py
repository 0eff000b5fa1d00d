"""`runs`: saved by one writer at a time, found when due, shown by workspace."""

import asyncio

import pytest

from shared.contracts.directive import AwaitDecision
from shared.contracts.run import Event, NodeState, Suspension
from shared.messaging.topology import partition_of
from shared.storage import runs as module
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import NOW, WORKSPACE, failed, run


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store)


async def test_a_run_comes_back_as_it_was_inserted(runs: Runs) -> None:
    busy = run(
        status="running",
        nodes={"a": NodeState(status="failed", attempt=2, failure=failed("a", retry_after_s=1.5).failure)},
        outbox={"7": Event(type="node.failed", at=NOW, node="a", attempt=2)},
        eligible=["b"],
        traceparent="00-1-2-01",
    )
    assert await runs.insert(busy)
    assert await runs.load([busy.id, "nobody"]) == {busy.id: busy}
    assert await runs.load([]) == {}


async def test_an_id_is_given_once(runs: Runs) -> None:
    assert await runs.insert(run())
    assert not await runs.insert(run(version="other"))
    assert (await runs.load(["run_1"]))["run_1"].version == "wf_1:1"


async def test_a_save_needs_the_revision_before_it(runs: Runs) -> None:
    await runs.insert(run())
    later = run(rev=2, writer="me", status="running")
    assert await runs.save([run(rev=3, writer="me")]) == set()
    assert await runs.save([later]) == {"run_1"}
    assert await runs.load(["run_1"]) == {"run_1": later}
    assert await runs.save([run(rev=2, writer="you")]) == set()
    assert await runs.save([run("run_2", rev=2, writer="me")]) == set()


async def test_a_save_that_was_made_already_is_known_as_ones_own(runs: Runs) -> None:
    """The answer to a save may be lost; asking again must tell one's own from another's."""
    await runs.insert(run())
    await runs.save([run(rev=2, writer="me")])
    assert await runs.save([run(rev=2, writer="me")]) == {"run_1"}
    assert await runs.saved([run(rev=2, writer="me")]) == {"run_1"}
    assert await runs.saved([run(rev=2, writer="you"), run("run_2", rev=2, writer="me")]) == set()


async def test_of_many_saves_those_that_were_made_are_told(runs: Runs) -> None:
    for index in range(20):
        await runs.insert(run(f"run_{index}", rev=index % 2))
    saves = [run(f"run_{index}", rev=1, writer="me") for index in range(20)]
    assert await runs.save(saves) == {f"run_{index}" for index in range(0, 20, 2)}
    assert await runs.save([]) == set()


async def test_of_eight_planners_one_saves_each_revision(store_url: str) -> None:
    stores = [Store(store_url) for _ in range(8)]
    await Runs(stores[0]).insert(run())
    for rev in range(2, 12):
        saves = [Runs(each).save([run(rev=rev, writer=f"p{n}")]) for n, each in enumerate(stores)]
        saved = await asyncio.gather(*saves)
        winners = [n for n, ids in enumerate(saved) if ids]
        assert len(winners) == 1
        stored = (await Runs(stores[0]).load(["run_1"]))["run_1"]
        assert (stored.rev, stored.writer) == (rev, f"p{winners[0]}")
    await asyncio.gather(*(each.close() for each in stores))


async def test_runs_are_due_when_their_time_has_come(runs: Runs) -> None:
    for run_id, wake_at in {"past": NOW - 1, "now": NOW, "later": NOW + 1, "never": None}.items():
        await runs.insert(run(run_id, status="running", wake_at=wake_at))
        await runs.insert(run(f"{run_id}_queued", wake_at=wake_at))
    assert sorted(await runs.due(NOW, 10)) == [("now", NOW), ("past", NOW - 1)]
    assert sorted(await runs.due(NOW, 10, queued=True)) == [("now_queued", NOW), ("past_queued", NOW - 1)]
    assert len(await runs.due(NOW + 1, 2)) == 2


async def test_runs_are_known_by_status(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASKED_AT_ONCE", 2)
    statuses = ["queued", "running", "paused", "succeeded", "failed", "cancelled", "queued"]
    ids = [f"run_{number}" for number in range(len(statuses))]
    for run_id, status in zip(ids, statuses, strict=True):
        await runs.insert(run(run_id, status=status))
    assert await runs.among([*ids, "nobody"], ["queued", "paused"]) == {"run_0", "run_2", "run_6"}
    assert await runs.among(ids[:2], ["queued"]) == {"run_0"}
    assert await runs.among([], ["queued"]) == set()


async def test_a_run_is_shown_to_its_workspace_only(runs: Runs) -> None:
    await runs.insert(run(workspace_id="theirs"))
    assert await runs.get(WORKSPACE, "run_1") is None
    assert await runs.get("theirs", "nobody") is None
    assert await runs.get("theirs", "run_1") is not None


async def test_pages_go_from_new_to_old(runs: Runs) -> None:
    for index in range(25):
        status = "failed" if index % 5 == 0 else "succeeded"
        await runs.insert(run(f"run_{index:02d}", status=status, workflow_id=f"wf_{index % 2}"))
    await runs.insert(run("run_99", workspace_id="theirs"))

    async def page(before: str | None, status: str | None = None, of: str | None = None) -> list[str]:
        found = await runs.page(WORKSPACE, before=before, limit=10, status=status, workflow_id=of)
        return [each.id for each in found]

    first = await page(None)
    second = await page(first[-1])
    third = await page(second[-1])
    assert first + second + third == [f"run_{index:02d}" for index in range(24, -1, -1)]
    assert await page(third[-1]) == []
    assert await page(None, status="failed") == ["run_20", "run_15", "run_10", "run_05", "run_00"]
    assert await page("run_15", status="failed", of="wf_0") == ["run_10", "run_00"]


async def test_runs_in_which_a_person_is_waited_for_are_found(runs: Runs) -> None:
    asked = Suspension(directive=AwaitDecision(decisions=["yes"]), started_at=NOW)
    waiting = {"ask": NodeState(status="suspended", suspended=asked)}
    for number in range(3):
        await runs.insert(run(f"run_{number}", nodes=waiting))
    await runs.insert(run("run_9", nodes={"ask": NodeState(status="running")}))
    stored = (await runs.load(["run_1"]))["run_1"]
    await runs.save([stored.model_copy(update={"nodes": {}, "rev": stored.rev + 1})])
    assert await waiting_ids(runs) == ["run_2", "run_0"]
    assert await waiting_ids(runs, before="run_2") == ["run_0"]
    assert await runs.waiting("other", "review", before=None, limit=9) == []


async def waiting_ids(runs: Runs, before: str | None = None) -> list[str]:
    """Runs that wait for a review."""
    return [each.id for each in await runs.waiting(WORKSPACE, "review", before=before, limit=9)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["run_1", "run_2", "run_3"]),
        ({"limit": 2}, ["run_1", "run_2"]),
        ({"statuses": ["failed"]}, ["run_1", "run_3"]),
        ({"workflow_id": "wf_2"}, ["run_3"]),
        ({"after": NOW + 2, "before": NOW + 3}, ["run_2"]),
        ({"after": NOW + 4}, []),
    ],
)
async def test_runs_are_found_by_what_they_have_in_common(
    runs: Runs, wanted: dict[str, object], found: list[str]
) -> None:
    await runs.insert(run("run_1", status="failed", created_at=NOW + 1))
    await runs.insert(run("run_2", status="cancelled", created_at=NOW + 2))
    await runs.insert(run("run_3", status="failed", created_at=NOW + 3, workflow_id="wf_2"))
    await runs.insert(run("run_1.a.0", status="failed", level="child"))
    await runs.insert(run("run_4", status="running"))
    everything = {"statuses": ["failed", "cancelled"], "workflow_id": None, "after": None, "before": None}
    query = {**everything, "limit": 9, **wanted}
    assert [each.id for each in await runs.matching(WORKSPACE, **query)] == found  # type: ignore[arg-type]


async def test_an_unfinished_run_is_found_by_its_partition(runs: Runs, store: Store) -> None:
    """And so are its child runs, all in one; one that has finished is in none."""
    family = ["run_1", "run_1.each.0"]
    await runs.insert_many([run(each, status="running") for each in family])
    partition = f"{partition_of('run_1'):02d}"
    assert await store["runs"].ids({"open": partition}, limit=9) == family
    await runs.save([run(each, rev=2, status="succeeded") for each in family])
    assert await store["runs"].ids({"open": partition}, limit=9) == []
