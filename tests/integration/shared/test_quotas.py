"""What a plan allows is never exceeded, whoever asks at the same time."""

import asyncio

import pytest

from shared import quotas
from shared.contracts.identity import Workspace
from shared.contracts.plan import Plan
from shared.contracts.run import Cause, Run
from shared.ids import new_id
from shared.plans import load_plans
from shared.quotas import QuotaExceeded, Quotas
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import NOW, WORKSPACE, run

PLANS = {**load_plans(), "ten": Plan(title="Ten", runs_per_month=10, active_workflows=2, max_parallel=3)}


def doors(store: Store, plan: str) -> Quotas:
    """As one process has them."""

    async def workspace(workspace_id: str) -> Workspace | None:
        return Workspace(id=workspace_id, name="", plan=plan, created_at=0)

    return Quotas(store, PLANS, workspace)


@pytest.fixture
def one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """No month ends while the test runs."""
    monkeypatch.setattr(quotas, "now_ms", lambda: NOW)


def fresh(**changes: object) -> Run:
    return run(new_id("run"), created_at=NOW, **changes)


@pytest.mark.usefixtures("one_month")
async def test_of_a_hundred_runs_started_at_once_by_three_processes_ten_begin(store: Store) -> None:
    processes = [doors(store, "ten") for _ in range(3)]
    early = [await process.admitted(fresh()) for process in processes]  # each has a count of its own in mind
    runs = [fresh() for _ in range(97)]
    found = await asyncio.gather(
        *(processes[index % 3].admitted(each) for index, each in enumerate(runs)), return_exceptions=True
    )
    begun = early + [each for each in found if isinstance(each, Run)]
    refused = [each for each in found if isinstance(each, QuotaExceeded)]
    assert (len(begun), len(refused)) == (10, 90)
    assert {each.max_parallel for each in begun} == {3}
    assert await doors(store, "ten").runs_used(WORKSPACE, NOW) == 10
    assert "allows 10 runs a month, and 10 have been started" in str(refused[0])
    for process in processes:
        assert await process.admitted(begun[0]), "the same run once more, by whomever"
    assert await processes[0].admitted(fresh(dry=True))
    with pytest.raises(QuotaExceeded):
        await processes[1].admitted(fresh())


@pytest.mark.usefixtures("one_month")
async def test_runs_from_before_a_limit_held_count_as_well(store: Store) -> None:
    await Runs(store).insert_many(
        [fresh(), fresh(), fresh(dry=True), fresh(level="child", parent_id="run_1")]
    )
    await Runs(store).insert(fresh().model_copy(update={"created_at": 0}))
    unlimited, limited = doors(store, "self_hosted"), doors(store, "ten")
    assert await unlimited.runs_used(WORKSPACE, NOW) == 2
    begun = [await limited.admitted(fresh()) for _ in range(8)]
    assert len(begun) == 8
    with pytest.raises(QuotaExceeded):
        await limited.admitted(fresh())


async def test_without_limits_nothing_is_stored_and_the_run_is_as_it_was(store: Store) -> None:
    wanted = fresh()
    assert await doors(store, "self_hosted").admitted(wanted) is wanted
    await doors(store, "enterprise").activate(WORKSPACE, "wf_1")
    assert await store["quotas"].find({}) == []


async def test_a_plan_that_is_unknown_allows_nothing(store: Store) -> None:
    lost = doors(store, "gold")
    with pytest.raises(QuotaExceeded):
        await lost.admitted(fresh())
    with pytest.raises(QuotaExceeded):
        await lost.allow_sharing(WORKSPACE)


async def test_kinds_of_triggers_and_sharing_follow_the_plan(store: Store) -> None:
    teams, free = doors(store, "teams"), doors(store, "free")
    await teams.allow_trigger(WORKSPACE, "schedule")
    await teams.allow_sharing(WORKSPACE)
    with pytest.raises(QuotaExceeded, match="allows no continuous triggers; it has manual, api, schedule"):
        await teams.allow_trigger(WORKSPACE, "continuous")
    with pytest.raises(QuotaExceeded, match="allows no workflow triggers"):
        await teams.admitted(fresh(trigger=Cause(kind="workflow")))
    with pytest.raises(QuotaExceeded, match="Free does not allow sharing"):
        await free.allow_sharing(WORKSPACE)


async def test_no_more_workflows_become_active_than_may(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = [doors(store, "ten") for _ in range(3)]

    async def activated(index: int) -> str:
        await processes[index % 3].activate(WORKSPACE, f"wf_{index}")
        return f"wf_{index}"

    found = await asyncio.gather(*map(activated, range(9)), return_exceptions=True)
    active = [each for each in found if isinstance(each, str)]
    assert len(active) == 2
    await processes[0].activate(WORKSPACE, active[0])
    await store["triggers"].insert_one(
        {"_id": "trg_1", "workspace_id": WORKSPACE, "workflow_id": active[0], "state": "active"}
    )
    monkeypatch.setattr(quotas, "CLAIM_MS", 0)  # the other one's trigger was never stored
    assert await processes[0].active_workflows(WORKSPACE) == 1
    await processes[1].activate(WORKSPACE, "wf_other")
