"""A gateway dies between storing an event and starting its run: planners complete it, once."""

import asyncio

import pytest

from services.planner.triggers.completing import Completing
from shared.contracts.hook_event import OPEN, HookEvent
from shared.contracts.trigger import Condition, Mapped
from shared.contracts.value import from_json, to_json
from shared.contracts.webhook import WebhookConfig
from shared.starting import fired_id
from shared.storage.hook_events import HookEvents
from shared.storage.workflows import Workflow
from tests.builders import WORKSPACE
from tests.integration.services.planner.triggers.conftest import Scene


async def stored(scene: Scene, number: int, trigger_id: str = "trg_1") -> HookEvent:
    """An event that a gateway has stored, and nothing more."""
    event_id = f"evt_{number}"
    event = HookEvent(
        id=event_id,
        order=f"{number:026d}",
        trigger_id=trigger_id,
        workspace_id=WORKSPACE,
        workflow_id="wf_1",
        received_at=scene.now,
        method="POST",
        headers=to_json({"content-type": "application/json"}),
        body=await scene.payloads.put(to_json(to_json({"n": number, "pad": "x" * 40_000 * (number % 2)}))),
        whole=True,
        outcome="accepted",
        run_id=fired_id(trigger_id, event_id, scene.now),
        open=OPEN,
    )
    assert await HookEvents(scene.store).insert(event)
    return event


async def become(scene: Scene, event: HookEvent) -> HookEvent:
    found = await HookEvents(scene.store).get(WORKSPACE, event.trigger_id, event.id)
    assert found is not None
    return found


@pytest.mark.usefixtures("workflow")
async def test_two_planners_start_one_run_for_each_event(scene: Scene) -> None:
    await scene.add(WebhookConfig(), next_at=None, mapping=[Mapped(key="n", path="body.n")])
    events = [await stored(scene, number) for number in range(120)]
    planners = [Completing(scene.store, scene.firing) for _ in range(2)]
    await asyncio.gather(*(each.complete(scene.now + 1) for each in planners))
    runs = await scene.runs.load([each.run_id or "" for each in events])
    assert {from_json(run.input.json_text or "")["n"] for run in runs.values()} == set(range(120))
    assert len(await scene.started()) == 120
    assert await HookEvents(scene.store).open_before(scene.now + 1, 9) == []
    assert (await become(scene, events[3])).run_id == events[3].run_id


@pytest.mark.usefixtures("workflow")
async def test_a_gateway_at_work_is_left_alone(scene: Scene) -> None:
    await scene.add(WebhookConfig(), next_at=None)
    await stored(scene, 1)
    await Completing(scene.store, scene.firing).complete(scene.now)
    assert await scene.started() == []


@pytest.mark.usefixtures("workflow")
async def test_what_can_no_longer_start_says_why(scene: Scene) -> None:
    paid = Condition(path="body.kind", operator="equals", value='"paid"')
    await scene.add(WebhookConfig(), next_at=None, conditions=[paid])
    unmet, gone = await stored(scene, 1), await stored(scene, 2, trigger_id="trg_gone")
    await Completing(scene.store, scene.firing).complete(scene.now + 1)
    assert (await become(scene, unmet)).outcome == "filtered"
    assert "deleted" in ((await become(scene, gone)).reason or "")
    assert await scene.started() == []


async def test_a_workflow_without_a_version_says_so(scene: Scene) -> None:
    made = Workflow(id="wf_1", workspace_id=WORKSPACE, name="W", graph="{}", rev=1, latest=0,
                    created_at=0, updated_at=0)  # fmt: skip
    await scene.workflows.insert(made)
    await scene.add(WebhookConfig(), next_at=None)
    event = await stored(scene, 1)
    await Completing(scene.store, scene.firing).complete(scene.now + 1)
    found = await become(scene, event)
    assert (found.outcome, found.run_id, found.open) == ("refused", None, "")
    assert "publish" in (found.reason or "")
