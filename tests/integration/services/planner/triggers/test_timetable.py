"""Schedules start one run for each of their times, whoever looks, whatever crashes."""

import asyncio
from typing import Any

import pytest

from shared.contracts.trigger import ScheduleConfig
from shared.messaging.topology import partition_of
from shared.starting import scheduled_id
from shared.storage.workflows import Workflow
from tests.integration.services.planner.triggers.conftest import START, Scene, published

EACH_MINUTE = ScheduleConfig(cron="* * * * *", missed="all")
MINUTE = 60_000


async def test_three_clocks_that_look_at_once_start_one_run_for_each_time(
    scene: Scene, workflow: Workflow
) -> None:
    for number in range(60):
        await scene.add(EACH_MINUTE, number)
    for minute in range(3):
        scene.now = START + minute * MINUTE + 150
        await asyncio.gather(*(scene.clock().tick() for _ in range(3)))
    for number in range(60):
        expected = [scheduled_id(f"trg_{number}", START + minute * MINUTE) for minute in range(3)]
        assert await scene.started(number) == expected
        trigger = await scene.found(number)
        assert (trigger.next_at, trigger.last_at) == (START + 3 * MINUTE, START + 2 * MINUTE)
        assert trigger.last_run_id == expected[-1]
    assert len(scene.bus.announced) == len(set(scene.bus.announced)) == 180


async def test_a_clock_that_dies_before_it_says_what_it_has_started_starts_nothing_twice(
    scene: Scene, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.add(EACH_MINUTE)

    async def dies(*_: Any) -> int:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(scene.triggers, "save_many", dies)
        with pytest.raises(ConnectionError):
            await scene.clock().tick()
    scene.now += 2000
    await scene.clock().tick()
    assert await scene.started() == [scheduled_id("trg_1", START)]
    assert (await scene.found()).next_at == START + MINUTE


async def test_a_run_that_could_not_be_announced_is_there_for_the_planner_to_wake(
    scene: Scene, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(scene.bus, "publish", away)
    await scene.add(EACH_MINUTE)
    await scene.clock().tick()
    due = await scene.runs.due(START + 20_000, 9, queued=True)
    assert [run_id for run_id, _ in due] == await scene.started()


async def test_times_that_went_by_while_nobody_looked_are_made_up_for(
    scene: Scene, workflow: Workflow
) -> None:
    for number, missed in enumerate(("skip", "one", "all")):
        await scene.add(EACH_MINUTE.model_copy(update={"missed": missed}), number)
    scene.now = START + 3 * MINUTE + 30_000
    await scene.clock().tick()
    assert [len(await scene.started(number)) for number in range(3)] == [0, 1, 4]
    told = (await scene.found(1)).missed
    assert told is not None
    assert (told.count, told.made_up, told.first_at, told.last_at) == (4, 1, START, START + 3 * MINUTE)
    assert (await scene.found(0)).next_at == START + 4 * MINUTE


async def test_each_run_is_told_the_time_it_is_for_and_the_one_before(
    scene: Scene, workflow: Workflow
) -> None:
    mapping = [{"key": "at", "path": "scheduled_at"}, {"key": "before", "path": "previous_at"}]
    await scene.add(EACH_MINUTE, mapping=mapping, last_at=START - MINUTE)
    await scene.clock().tick()
    [run_id] = await scene.started()
    run = (await scene.runs.load([run_id]))[run_id]
    assert run.input.json_text == '{"at":"2023-11-14T22:13:00.000Z","before":"2023-11-14T22:12:00.000Z"}'
    assert (run.version, run.trigger.kind, run.trigger.id) == ("wf_1:1", "schedule", "trg_1")


async def test_why_nothing_was_started_is_said_until_something_is(scene: Scene) -> None:
    await scene.add(EACH_MINUTE)
    workflow = await published(scene, latest=0)
    await scene.clock().tick()
    trigger = await scene.found()
    assert trigger.failure is not None
    assert (trigger.failure.code, trigger.next_at) == ("not_published", START + MINUTE)
    await scene.workflows.save(workflow.model_copy(update={"latest": 1}), over=workflow)
    scene.now += MINUTE
    await scene.clock().tick()
    assert (await scene.found()).failure is None
    assert len(await scene.started()) == 1


async def test_conditions_decide_whether_a_time_counts(scene: Scene, workflow: Workflow) -> None:
    odd = [{"path": "scheduled_at", "operator": "ends_with", "value": '":14:00.000Z"'}]
    await scene.add(EACH_MINUTE, conditions=odd)
    scene.now += MINUTE
    await scene.clock().tick()
    assert await scene.started() == [scheduled_id("trg_1", START + MINUTE)]


async def test_a_clock_leaves_to_others_what_is_theirs_unless_they_are_late(
    scene: Scene, workflow: Workflow
) -> None:
    await scene.add(EACH_MINUTE)
    other = scene.clock(leads=lambda partition: partition != partition_of("trg_1"))
    await other.tick()
    assert await scene.started() == []
    scene.now += 5000
    await other.tick()
    assert await scene.started() == [scheduled_id("trg_1", START)]


async def test_a_schedule_that_was_paused_meanwhile_stays_so(scene: Scene, workflow: Workflow) -> None:
    trigger = await scene.add(EACH_MINUTE)
    paused = trigger.model_copy(update={"active": False, "next_at": None})
    assert await scene.triggers.save(paused, over=trigger)
    await scene.clock().tick()
    assert await scene.started() == []
    assert await scene.triggers.save_many([(trigger, trigger)]) == 0
