"""What triggers start is counted as anything else."""

import asyncio
from typing import Any

from shared.contracts.failure import Failure
from shared.contracts.trigger import Trigger
from shared.firing import Firing, Occasion
from shared.ids import new_id, now_ms
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from shared.storage.workflows import Workflow, Workflows
from tests.builders import WORKSPACE
from tests.integration.shared.test_quotas import doors


class Silent:
    """A bus that nobody listens to."""

    async def publish(self, *message: Any, **more: Any) -> None:
        """Done."""


async def test_of_many_occasions_at_once_only_as_many_start_runs_as_the_plan_allows(store: Store) -> None:
    workflow = Workflow(
        id="wf_1", workspace_id=WORKSPACE, name="w", graph="{}", rev=1, latest=1, created_at=0, updated_at=0
    )
    await Workflows(store).insert(workflow)
    trigger = Trigger.model_validate({
        "_id": "trg_1", "workspace_id": WORKSPACE, "workflow_id": "wf_1", "name": "t", "created_at": now_ms(),
        "updated_at": now_ms(), "config": {"kind": "schedule", "cron": "* * * * *", "timezone": "UTC"},
    })  # fmt: skip
    occasions = [Occasion(trigger, new_id("run"), {}) for _ in range(30)]
    planners = [Firing(Silent(), store, doors(store, "ten")) for _ in range(2)]  # type: ignore[arg-type]
    found = await asyncio.gather(*(each.start(occasions) for each in planners))
    started = {run_id for outcomes in found for run_id, each in outcomes.items() if each == "started"}
    assert len(started) == 10
    assert started == set(await Runs(store).load([each.run_id for each in occasions]))
    refused = [each for each in found[0].values() if isinstance(each, Failure)]
    assert {each.code for each in refused} == {"quota_exceeded"}
    again = await planners[0].start([each for each in occasions if each.run_id in started])
    assert set(again.values()) == {"there"}
