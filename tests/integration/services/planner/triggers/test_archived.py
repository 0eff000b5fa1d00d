"""A trigger that was overlooked when its workflow was archived gives way at its first occasion."""

import pytest

from services.planner.triggers.following import Following
from shared.contracts.trigger import ContinuousConfig, FollowConfig, ScheduleConfig, TriggerConfig
from shared.storage.workflows import Workflow
from tests.builders import run
from tests.integration.services.planner.triggers.conftest import Scene, published

CONFIGS = [
    ScheduleConfig(cron="* * * * *", missed="all"),
    ContinuousConfig(),
    FollowConfig(workflow_id="wf_2", on="any"),
]


async def occasion(scene: Scene, number: int) -> None:
    """Whatever could start a run."""
    ended = run(f"run_{number}", workflow_id="wf_2", status="succeeded", finished_at=scene.now)
    await Following(scene.triggers, scene.firing).see([ended])
    await scene.clock().tick()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda each: each.kind)
async def test_it_tries_once_and_says_why_it_rests(
    scene: Scene, workflow: Workflow, config: TriggerConfig
) -> None:
    await published(scene, "wf_2")
    await scene.add(config)
    await scene.workflows.save(workflow.model_copy(update={"state": "archived", "rev": 2}), over=workflow)
    await occasion(scene, 1)
    trigger = await scene.found()
    assert (trigger.active, trigger.held, trigger.next_at) == (True, True, None)
    assert trigger.failure
    assert (trigger.failure.code, "archived" in trigger.failure.message) == ("not_found", True)
    scene.now += 3_600_000
    await occasion(scene, 2)
    assert await scene.found() == trigger, "nothing more is asked or written"
    assert await scene.started() == []
