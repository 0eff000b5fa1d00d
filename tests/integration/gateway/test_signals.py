"""Signals: sent by whoever knows a node's URL, once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from shared.contracts.run import Run
from shared.contracts.value import inline, to_json
from shared.service import Service
from shared.signals import token, url_path
from tests.integration.gateway.api import Api, Planner

SCHEMA = {"type": "object", "properties": {"paid": {"type": "boolean"}}, "required": ["paid"]}
GRAPH = {
    "nodes": [
        {"id": "paid", "type": "signal", "config": {"schema": SCHEMA}},
        {"id": "free", "type": "signal", "config": {"schema": {"const": "{{ trigger.word }}"}}},
        {"id": "a", "type": "noop"},
    ]
}
BODY = {"paid": True}


def waiting(**directive: Any) -> dict[str, Any]:
    """A node that waits for a signal."""
    suspended = {"directive": {"kind": "await_signal", **directive}, "started_at": 0}
    return {"status": "suspended", "attempt": 1, "suspended": suspended}


@pytest.fixture
async def outside(gateway: Service) -> AsyncIterator[Api]:
    """A caller without a key."""
    async with aiohttp.ClientSession() as session:
        yield Api(f"http://127.0.0.1:{gateway.listen[1]}", session)


async def started(api: Api, planner: Planner, **states: Any) -> Run:
    """A run with nodes in these states."""
    run_id = await planner.started(api, GRAPH, **states)
    return (await planner.runs.load([run_id]))[run_id]


async def test_a_signal_needs_no_key_but_the_token(api: Api, planner: Planner, outside: Api) -> None:
    run = await started(api, planner, paid=waiting(form=to_json(SCHEMA)))
    url = (await api.get(f"/runs/{run.id}/nodes/paid")).body["waiting"]["url"]
    assert url == api.root + url_path(run, "paid")
    asking = asyncio.create_task(outside.post(url_path(run, "paid"), BODY))
    control = await planner.next_control()
    assert (control.action, control.node, control.output) == ("signal", "paid", inline('{"paid":true}'))
    await planner.save(
        run.id, "running", "node.succeeded", of=control, paid={"status": "succeeded", "port": "out"}
    )
    answer = await asking
    assert (answer.status, answer.body) == (200, {"run_id": run.id, "node": "paid", "kept": False})
    (await outside.post(url_path(run, "paid"), BODY)).refused(409, "already_signalled")


async def test_whatever_is_wrong_with_the_url_the_answer_is_the_same(
    api: Api, planner: Planner, outside: Api
) -> None:
    run = await started(api, planner)
    right = token(run.secret, "paid")
    paths = [
        f"{run.id}/paid/{right[:-1]}",
        f"{run.id}/free/{right}",
        f"{run.id}/a/{token(run.secret, 'a')}",
        f"{run.id}/none/{token(run.secret, 'none')}",
        f"run_none/paid/{right}",
        f"{run.id}/paid/%C3%A9",
    ]
    answers = [await outside.post(f"/api/v1/signals/{path}", BODY) for path in paths]
    assert {answer.refused(404, "not_found").body["detail"] for answer in answers} == {
        "There is no such signal: the URL is incomplete, or not one of ours"
    }
    assert planner.controls.empty()


async def test_a_signal_that_comes_early_is_kept(api: Api, planner: Planner, outside: Api) -> None:
    run = await started(api, planner)
    asking = asyncio.create_task(outside.post(url_path(run, "paid"), BODY))
    control = await planner.next_control()
    kept = {"signals": {"paid": control.output}}
    await planner.save(run.id, "running", "node.signalled", of=control, changes=kept)
    assert ((await asking).status, (await asking).body["kept"]) == (200, True)
    (await outside.post(url_path(run, "paid"), BODY)).refused(409, "already_signalled")
    (await outside.post(url_path(run, "paid"), {"paid": False})).refused(409, "already_signalled")


async def test_the_body_has_to_fit_the_schema(api: Api, planner: Planner, outside: Api) -> None:
    run = await started(api, planner, free=waiting(form='{"const":"please"}'))
    early = await outside.post(url_path(run, "paid"), {"paid": "yes"})
    assert early.refused(422, "invalid_data").body["errors"][0]["path"] == "body.paid"
    (await outside.post(url_path(run, "paid"))).refused(422, "invalid_data")
    (await outside.post(url_path(run, "free"), "now")).refused(422, "invalid_data")
    (await outside.post(url_path(run, "paid"), data=b"{")).refused(400, "malformed_json")
    assert planner.controls.empty()


async def test_a_schema_that_has_to_be_worked_out_does_not_hold_up_early_signals(
    api: Api, planner: Planner, outside: Api
) -> None:
    run = await started(api, planner)
    asking = asyncio.create_task(outside.post(url_path(run, "free"), "anything"))
    control = await planner.next_control()
    await planner.save(
        run.id, "running", "node.signalled", of=control, changes={"signals": {"free": control.output}}
    )
    assert (await asking).status == 200


async def test_the_same_key_is_the_same_signal(api: Api, planner: Planner, outside: Api) -> None:
    run = await started(api, planner, free=waiting())
    headers = {"Idempotency-Key": "delivery-1"}
    asking = asyncio.create_task(outside.post(url_path(run, "free"), 1, headers=headers))
    control = await planner.next_control()
    await planner.save(
        run.id, "running", "node.succeeded", of=control, free={"status": "succeeded", "port": "out"}
    )
    assert (await asking).status == 200
    assert (await outside.post(url_path(run, "free"), 1, headers=headers)).status == 200
    other = {"Idempotency-Key": "delivery-2"}
    (await outside.post(url_path(run, "free"), 1, headers=other)).refused(409, "already_signalled")


async def test_a_run_that_has_finished_takes_no_signal(api: Api, planner: Planner, outside: Api) -> None:
    run = await started(api, planner)
    await planner.succeed(run.id)
    (await outside.post(url_path(run, "paid"), BODY)).refused(409, "run_finished")
