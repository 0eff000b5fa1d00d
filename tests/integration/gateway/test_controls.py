"""Pausing, resuming and cancelling: answered once it shows, harmless when repeated."""

import asyncio

import pytest

from services.gateway import controlling
from tests.integration.gateway.api import Api, Planner

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway does not wait long for the planner."""
    monkeypatch.setattr(controlling, "EFFECT_S", 0.1)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("pause", "running", "paused"), ("resume", "paused", "running"), ("cancel", "paused", "cancelled")],
)
async def test_a_control_is_answered_with_its_effect(
    api: Api, planner: Planner, action: str, before: str, after: str
) -> None:
    run_id = await planner.started(api, GRAPH)
    await planner.save(run_id, before)
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/{action}"))
    control = await planner.next_control()
    assert (control.run_id, control.action, control.by) == (run_id, action, "api")
    await planner.save(run_id, after, f"run.{after}", of=control)
    answer = await asking
    assert (answer.status, answer.body["id"], answer.body["status"]) == (200, run_id, after)
    event = (await api.get(f"/runs/{run_id}/events")).body["items"][-1]
    assert (event["type"], event["by"]) == (f"run.{after}", "api")


@pytest.mark.parametrize(("action", "status"), [("pause", "paused"), ("resume", "running")])
async def test_what_is_so_already_is_answered_at_once(
    api: Api, planner: Planner, action: str, status: str
) -> None:
    run_id = await planner.started(api, GRAPH)
    await planner.save(run_id, status)
    answer = await api.post(f"/runs/{run_id}/{action}")
    assert (answer.status, answer.body["status"]) == (200, status)
    assert (await planner.next_control()).action == action, "an opposite control may be on its way"


@pytest.mark.usefixtures("hurried")
async def test_an_effect_that_does_not_show_in_time_is_on_its_way(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    answer = await api.post(f"/runs/{run_id}/pause")
    assert (answer.status, answer.body["status"]) == (202, "running")
    await planner.next_control()


async def test_an_effect_that_nobody_tells_of_is_found(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/cancel", {"reason": "a mistake"}))
    control = await planner.next_control()
    assert control.reason == "a mistake"
    await planner.save(run_id, "cancelled", "run.cancelled", of=control, tell=False)
    answer = await asking
    assert (answer.status, answer.body["status"]) == (200, "cancelled")


async def test_an_effect_that_was_undone_at_once_was_there(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/pause"))
    control = await planner.next_control()
    await planner.save(run_id, "paused", "run.paused", of=control, tell=False)
    await planner.save(run_id, "running", "run.resumed", tell=False)
    answer = await asking
    assert (answer.status, answer.body["status"]) == (200, "running")


async def test_a_run_that_has_finished_is_left_alone(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    await planner.succeed(run_id)
    for action in ("pause", "resume", "cancel"):
        (await api.post(f"/runs/{run_id}/{action}")).refused(409, "run_finished")
    (await api.post("/runs/run_none/pause")).refused(404, "not_found")
    assert planner.controls.empty()


async def test_a_run_that_finishes_meanwhile_was_too_fast(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/pause"))
    await planner.next_control()
    await planner.save(run_id, "succeeded", "run.succeeded")
    (await asking).refused(409, "run_finished")


async def test_cancelling_twice_is_cancelling_once(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    await planner.save(run_id, "cancelled", "run.cancelled")
    answer = await api.post(f"/runs/{run_id}/cancel")
    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert planner.controls.empty()


@pytest.mark.usefixtures("hurried")
async def test_a_queued_run_cannot_be_paused(api: Api, planner: Planner) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    (await api.post(f"/runs/{run_id}/pause")).refused(409, "run_queued")
    assert planner.controls.empty(), "what is refused must not come true later"


async def test_a_run_that_is_about_to_start_is_paused(api: Api, planner: Planner) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/pause"))
    await planner.save(run_id, "running", "run.started")
    control = await planner.next_control()
    await planner.save(run_id, "paused", "run.paused", of=control)
    assert (await asking).body["status"] == "paused"


async def test_the_same_key_asks_once(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    headers = {"Idempotency-Key": f"pause-{run_id}"}
    asking = asyncio.create_task(api.post(f"/runs/{run_id}/pause", headers=headers))
    control = await planner.next_control()
    await planner.save(run_id, "paused", "run.paused", of=control)
    assert (await asking).status == 200
    await planner.save(run_id, "running", "run.resumed")
    again = await api.post(f"/runs/{run_id}/pause", headers=headers)
    assert (again.status, again.body["status"]) == (200, "running"), "it has had its effect"
    assert planner.controls.empty()
