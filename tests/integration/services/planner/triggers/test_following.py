"""After the runs of other workflows: one run each, only for those that ended as wanted."""

from typing import Any

import pytest

from services.planner.triggers.following import Following
from shared.contracts.failure import failure
from shared.contracts.run import Cause, Run
from shared.contracts.trigger import FollowConfig
from shared.contracts.value import inline, to_json
from shared.storage.workflows import Workflow
from tests.builders import run
from tests.integration.services.planner.triggers.conftest import START, Scene

BROKEN = FollowConfig(workflow_id="wf_other", on="failure")
ALL = FollowConfig(on="any")


def other(run_id: str = "run_other", **changes: Any) -> Run:
    """A run of another workflow that has failed."""
    why = failure("broken", "It broke", node="a")
    given = {"status": "failed", "failure": why, "finished_at": START, "workflow_id": "wf_other", **changes}
    return run(run_id, **given)


@pytest.fixture
def following(scene: Scene) -> Following:
    """The hook."""
    return Following(scene.triggers, scene.firing)


async def test_a_run_seen_again_starts_nothing_again(
    scene: Scene, workflow: Workflow, following: Following
) -> None:
    await scene.add(BROKEN, next_at=None)
    for _ in range(3):
        await following.see([other()])
    [run_id] = await scene.started()
    assert scene.bus.announced == [run_id]
    assert (await scene.found()).last_run_id == run_id


async def test_it_is_told_how_the_run_ended(scene: Scene, workflow: Workflow, following: Following) -> None:
    await scene.add(ALL, next_at=None, mapping=[{"key": "run", "path": "run"}])
    output = inline(to_json({"n": 7}))
    await following.see([other(status="succeeded", failure=None, output=output, started_at=START)])
    [run_id] = await scene.started()
    text = (await scene.runs.load([run_id]))[run_id].input.json_text
    assert text == to_json({"run": {
        "id": "run_other", "workflow_id": "wf_other", "status": "succeeded", "output": {"n": 7},
        "failure": None, "started_at": "2023-11-14T22:13:00.000Z", "finished_at": "2023-11-14T22:13:00.000Z",
    }})  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "succeeded"},
        {"status": "cancelled"},
        {"workflow_id": "wf_third"},
        {"workflow_id": None},
        {"workspace_id": "another"},
        {"dry": True},
        {"level": "child", "parent_id": "run_0"},
        {"finished_at": START - 1},
    ],
)
async def test_other_ends_start_nothing(
    scene: Scene, workflow: Workflow, following: Following, changes: dict[str, Any]
) -> None:
    await scene.add(BROKEN, next_at=None, created_at=START)
    await following.see([other(**changes)])
    assert await scene.started() == []
    await following.see([other()])
    assert len(await scene.started()) == 1


async def test_one_that_follows_all_leaves_out_its_own_workflow_and_other_workspaces(
    scene: Scene, workflow: Workflow, following: Following
) -> None:
    await scene.add(ALL, next_at=None)
    runs = [other(), other("run_2", workflow_id="wf_third"), other("run_3", workflow_id="wf_1")]
    await following.see([*runs, other("run_4", workspace_id="another")])
    assert len(await scene.started()) == 2


async def test_a_paused_one_starts_nothing(scene: Scene, workflow: Workflow, following: Following) -> None:
    await scene.add(BROKEN, next_at=None, active=False)
    await following.see([other()])
    assert await scene.started() == []


async def test_after_five_in_a_row_it_is_taken_for_a_circle(
    scene: Scene, workflow: Workflow, following: Following
) -> None:
    await scene.add(BROKEN, next_at=None)
    await following.see([other(trigger=Cause(kind="workflow", id="trg_0", hops=4))])
    [run_id] = await scene.started()
    assert (await scene.runs.load([run_id]))[run_id].trigger.hops == 5
    await following.see([other("run_6", trigger=Cause(kind="workflow", id="trg_0", hops=5))])
    assert await scene.started() == [run_id]
    told = (await scene.found()).failure
    assert told is not None
    assert (told.code, told.details["run_id"]) == ("circle", "run_6")


async def test_a_large_output_stays_with_its_run(
    scene: Scene, workflow: Workflow, following: Following
) -> None:
    await scene.add(ALL, next_at=None, mapping=[{"key": "output", "path": "run.output"}])
    await following.see([other(output=inline(to_json("x" * 2_000_000)))])
    [run_id] = await scene.started()
    assert (await scene.runs.load([run_id]))[run_id].input.json_text == '{"output":null}'
