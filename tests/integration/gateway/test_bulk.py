"""Many runs at once, each with a result of its own."""

import asyncio
from typing import Any

import pytest

from tests.integration.gateway.api import Api, Planner

GRAPH: dict[str, Any] = {"nodes": [{"id": "a", "type": "noop"}]}


async def started(api: Api, planner: Planner, workflow_id: str) -> str:
    """A run of the workflow."""
    run_id = (await api.post(f"/workflows/{workflow_id}/runs")).body["id"]
    await planner.next_run()
    return run_id


async def test_runs_are_cancelled_by_filter(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    ids = [await started(api, planner, workflow_id) for _ in range(3)]
    await planner.succeed(ids[1])
    asking = asyncio.create_task(api.post("/runs/bulk/cancel", {"workflow_id": workflow_id}))
    for _ in range(2):
        control = await planner.next_control()
        assert control.action == "cancel"
        await planner.save(control.run_id, "cancelled", "run.cancelled", of=control)
    answer = await asking
    assert answer.status == 200
    expected = [{"id": each, "ok": True, "status": "cancelled"} for each in (ids[0], ids[2])]
    assert answer.body == {"results": expected, "more": False}


async def test_each_run_has_its_own_result(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner, await api.workflow(GRAPH))
    await planner.succeed(run_id)
    answer = await api.post("/runs/bulk/cancel", {"ids": [run_id, "run_none", run_id]})
    found = [(each["id"], each["ok"], each["failure"]["code"]) for each in answer.body["results"]]
    assert found == [(run_id, False, "run_finished"), ("run_none", False, "not_found")]
    assert planner.controls.empty()


async def test_failed_runs_are_run_again_once(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    ids = [await started(api, planner, workflow_id) for _ in range(3)]
    for run_id, status in zip(ids, ("failed", "succeeded", "cancelled"), strict=True):
        await planner.save(run_id, status, f"run.{status}")
    headers = {"Idempotency-Key": f"bulk-{workflow_id}"}
    wanted = {"workflow_id": workflow_id, "created_after": "2020-01-01T00:00:00Z"}
    first = await api.post("/runs/bulk/retry", wanted, headers=headers)
    new = {(await planner.next_run()).rerun_of for _ in range(2)}
    assert new == {ids[0], ids[2]} == {each["id"] for each in first.body["results"]}
    again = await api.post("/runs/bulk/retry", {"ids": [ids[0], ids[1]]}, headers=headers)
    same, refused = again.body["results"]
    assert same in first.body["results"]
    assert (refused["ok"], refused["failure"]["code"]) == (False, "run_finished")
    assert planner.requested.empty()


async def test_what_matches_nothing_is_no_trouble(api: Api) -> None:
    for body in ({"created_before": "2020-01-01T00:00:00Z"}, {"status": "succeeded"}):
        assert (await api.post("/runs/bulk/cancel", body)).body == {"results": [], "more": False}


@pytest.mark.parametrize("body", [None, {}, {"ids": []}, {"ids": ["x"], "status": "failed"}])
async def test_runs_have_to_be_named_or_described(api: Api, body: Any) -> None:
    for action in ("cancel", "retry"):
        (await api.post(f"/runs/bulk/{action}", body)).refused(422, "invalid_request")
        key = {"Idempotency-Key": "k" * 201}
        (await api.post(f"/runs/bulk/{action}", {"ids": ["x"]}, headers=key)).refused(400, "bad_header")
