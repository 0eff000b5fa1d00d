"""Run after run: one at a time, whoever looks, whatever crashes."""

import asyncio
from typing import Any

import pytest

from shared.contracts.failure import failure
from shared.contracts.run import Run
from shared.contracts.trigger import ContinuousConfig
from shared.storage.workflows import Workflow
from tests.integration.services.planner.triggers.conftest import START, Scene, published

TWICE = ContinuousConfig(min_gap_s=30, stop_after_failures=2)


async def ended(scene: Scene, status: Any = "succeeded") -> Run:
    """The run it waits for, saved as finished."""
    run_id = (await scene.found()).running or ""
    run = (await scene.runs.load([run_id]))[run_id]
    why = failure("broken", "It broke") if status == "failed" else None
    done = run.model_copy(update={"rev": 1, "status": status, "finished_at": scene.now, "failure": why})
    assert await scene.runs.save([done]) == {run_id}
    return done


async def test_the_next_run_begins_a_gap_after_the_last_one_has_ended(
    scene: Scene, workflow: Workflow
) -> None:
    await scene.add(TWICE)
    await asyncio.gather(*(scene.clock().tick() for _ in range(3)))
    first = await scene.started()
    assert first == scene.bus.announced == [(await scene.found()).running]
    scene.now += 10_000
    run = await ended(scene)
    await asyncio.gather(scene.continuing.see([run]), scene.continuing.see([run]))
    trigger = await scene.found()
    assert (trigger.running, trigger.last_run_id, trigger.next_at) == (None, run.id, scene.now + 30_000)
    await scene.clock().tick()
    assert await scene.started() == first
    scene.now += 30_000
    await asyncio.gather(*(scene.clock().tick() for _ in range(3)))
    assert len(await scene.started()) == 2


async def test_after_so_many_failures_in_a_row_it_stops_and_says_why(
    scene: Scene, workflow: Workflow
) -> None:
    await scene.add(TWICE)
    for status in ("failed", "succeeded", "failed", "failed"):
        await scene.clock().tick()
        await scene.continuing.see([await ended(scene, status)])
        scene.now += 30_000
    trigger = await scene.found()
    assert (trigger.active, trigger.next_at, trigger.failures) == (False, None, 2)
    assert trigger.failure is not None
    assert "The last 2 runs have failed" in trigger.failure.message
    assert "It broke" in trigger.failure.message
    await scene.clock().tick()
    assert len(await scene.started()) == 4


async def test_a_run_that_a_crash_has_kept_from_beginning_is_begun(
    scene: Scene, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = await scene.add(TWICE)

    async def dies(*_: Any) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(scene.firing, "start", dies)
        with pytest.raises(ConnectionError):
            await scene.continuing.look([trigger], scene.now)
    wanted = (await scene.found()).running
    scene.now += 20_000
    await scene.clock().tick()
    assert await scene.started() == [wanted]


async def test_an_end_that_was_overlooked_is_noticed(scene: Scene, workflow: Workflow) -> None:
    await scene.add(TWICE)
    await scene.clock().tick()
    await ended(scene)
    scene.now += 20_000
    await scene.clock().tick()
    assert (await scene.found()).running is None
    scene.now += 30_000
    await scene.clock().tick()
    assert len(await scene.started()) == 2


async def test_while_its_run_goes_on_it_only_looks_again(scene: Scene, workflow: Workflow) -> None:
    await scene.add(TWICE)
    for _ in range(3):
        await scene.clock().tick()
        scene.now += 20_000
    assert len(await scene.started()) == 1


async def test_one_that_was_paused_lets_its_run_end_and_starts_no_other(
    scene: Scene, workflow: Workflow
) -> None:
    await scene.add(TWICE)
    await scene.clock().tick()
    before = await scene.found()
    await scene.triggers.save(before.model_copy(update={"active": False, "next_at": None}), over=before)
    await scene.continuing.see([await ended(scene)])
    trigger = await scene.found()
    assert (trigger.running, trigger.next_at) == (None, None)


async def test_a_run_by_hand_is_not_one_of_the_row(scene: Scene, workflow: Workflow) -> None:
    await scene.add(TWICE)
    await scene.clock().tick()
    run = await ended(scene)
    await scene.continuing.see([run.model_copy(update={"id": "run_other"})])
    assert (await scene.found()).running == run.id


async def test_without_a_version_it_says_so_and_tries_again_later(scene: Scene) -> None:
    await published(scene, latest=0)
    await scene.add(TWICE)
    await scene.clock().tick()
    trigger = await scene.found()
    assert trigger.failure is not None
    assert (trigger.failure.code, trigger.running, trigger.next_at) == ("not_published", None, START + 60_000)
