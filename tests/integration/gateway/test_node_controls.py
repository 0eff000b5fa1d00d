"""Retrying, skipping and deciding nodes."""

import asyncio
from typing import Any

import orjson

from shared.contracts.events import RunControl
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.value import Value, inline, to_json
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from tests.integration.gateway.api import Answer, Api, Planner

GRAPH = {
    "nodes": [{"id": "a", "type": "noop"}, {"id": "ask", "type": "review"}],
    "edges": [{"source": "a", "target": "ask"}],
}
FORM = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
WAITING = {
    "status": "suspended",
    "attempt": 1,
    "head": "ask",
    "head_attempt": 1,
    "suspended": {
        "directive": {
            "kind": "await_decision",
            "decisions": ["approve", "reject"],
            "assignees": ["ada"],
            "form": to_json(FORM),
        },
        "input": {"json_text": '{"title":"May this be paid?","context":{"amount":42}}', "size": 53},
        "started_at": 0,
    },
}
DECISION = {"decision": "approve", "data": {"amount": 40}}


async def asked(api: Api, planner: Planner, path: str, body: Any = None) -> tuple[Any, RunControl]:
    """A request that waits for its effect, and the control that it asks for."""
    asking = asyncio.create_task(api.post(path, body))
    return asking, await planner.next_control()


async def test_a_node_is_retried_while_it_is_in_the_attempt_that_was_seen(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, a={"status": "running", "attempt": 3})
    path = f"/runs/{run_id}/nodes/a"
    asking, control = await asked(api, planner, f"{path}/retry")
    assert (control.action, control.node, control.attempt) == ("retry", "a", 3)
    await planner.save(run_id, "running", "node.retrying", of=control, a={"status": "ready", "attempt": 4})
    answer: Answer = await asking
    assert (answer.status, answer.body["status"], answer.body["attempt"]) == (200, "ready", 4)
    again = await api.post(f"{path}/retry", {"attempt": 3})
    assert (again.status, again.body["attempt"]) == (200, 4)
    assert (await planner.next_control()).attempt == 3, "the planner sees that it is over"


async def test_a_node_is_skipped_with_an_output(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, a={"status": "ready", "attempt": 1})
    asking, control = await asked(api, planner, f"/runs/{run_id}/nodes/a/skip", {"output": {"x": [1]}})
    assert (control.action, control.node, control.port) == ("skip", "a", "out")
    assert control.output == inline('{"x":[1]}')
    await planner.save(run_id, "running", "node.skipped", of=control, a={"status": "skipped", "port": "out"})
    assert ((await asking).status, (await asking).body["status"]) == (200, "skipped")
    assert (await api.post(f"/runs/{run_id}/nodes/a/skip")).status == 200
    await planner.next_control()


async def test_what_a_node_cannot_do_is_said(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, a={"status": "succeeded", "attempt": 1, "port": "out"})
    node = f"/runs/{run_id}/nodes"
    answer = (await api.post(f"{node}/ask/skip")).refused(422, "unknown_port")
    assert "approve, reject, timeout" in answer.body["detail"]
    (await api.post(f"{node}/a/skip")).refused(409, "too_late")
    (await api.post(f"{node}/a/retry")).refused(409, "too_late")
    (await api.post(f"{node}/ask/retry")).refused(409, "not_started")
    (await api.post(f"{node}/a/decide", DECISION)).refused(409, "not_suspended")
    (await api.post(f"{node}/ask/decide", DECISION)).refused(409, "not_suspended")
    (await api.post(f"{node}/zz/skip")).refused(404, "not_found")
    (await api.post(f"{node}/ask/decide", {})).refused(422, "invalid_request")
    assert planner.controls.empty()


async def test_a_review_shows_what_it_asks(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, ask=WAITING)
    assert (await api.get(f"/runs/{run_id}")).body["nodes"]["ask"]["waiting"] == "review"
    waiting = (await api.get(f"/runs/{run_id}/nodes/ask")).body["waiting"]
    assert (waiting["kind"], waiting["title"]) == ("review", "May this be paid?")
    assert (waiting["form"], waiting["context"]) == (FORM, {"amount": 42})
    assert (waiting["assignees"], waiting["decisions"]) == (["ada"], ["approve", "reject"])


async def test_a_review_is_decided(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, ask=WAITING)
    asking, control = await asked(api, planner, f"/runs/{run_id}/nodes/ask/decide", DECISION)
    assert (control.action, control.node, control.port, control.attempt) == ("decide", "ask", "approve", 1)
    assert control.output
    output = orjson.loads(control.output.json_text or "")
    assert output.pop("at").endswith("Z")
    assert output == {**DECISION, "by": "api"}
    await planner.save(
        run_id, "running", "node.succeeded", of=control, ask={"status": "succeeded", "port": "approve"}
    )
    assert ((await asking).status, (await asking).body["port"]) == (200, "approve")


async def test_a_decision_has_to_fit_the_form(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, ask=WAITING)
    path = f"/runs/{run_id}/nodes/ask/decide"
    wrong = await api.post(path, {"decision": "approve", "data": {"amount": "much"}})
    [fault] = wrong.refused(422, "invalid_data").body["errors"]
    assert fault["path"] == "data.amount"
    (await api.post(path, {"decision": "approve"})).refused(422, "invalid_data")
    (await api.post(path, {"decision": "perhaps"})).refused(422, "unknown_decision")
    assert planner.controls.empty()


async def store_decision(gateway_store: Store, run_id: str, output: Value) -> None:
    """Keep the review's result as the planner does."""
    result = NodeResult(
        node="ask", attempt=1, status="succeeded", port="approve", output=output, started_at=0, finished_at=0
    )
    node_run = NodeRun(
        id=node_run_id(run_id, "ask", 1), run_id=run_id, workspace_id="default", results=[result],
        created_at=now_ms(),
    )  # fmt: skip
    await NodeRuns(gateway_store).insert([node_run])


async def test_the_first_decision_counts(api: Api, planner: Planner, gateway_store: Store) -> None:
    run_id = await planner.started(api, GRAPH, ask=WAITING)
    path = f"/runs/{run_id}/nodes/ask/decide"
    first, control = await asked(api, planner, path, DECISION)
    second, _ = await asked(api, planner, path, {"decision": "reject", "data": {"amount": 1}})
    assert control.output
    await store_decision(gateway_store, run_id, control.output)
    state = {"status": "succeeded", "attempt": 1, "port": "approve", "head": "ask", "head_attempt": 1}
    await planner.save(run_id, "running", "node.succeeded", of=control, ask=state)
    assert (await first).status == 200
    (await second).refused(409, "already_decided")
    assert (await api.post(path, DECISION)).status == 200, "the same again"
    await planner.next_control()
    other = {**DECISION, "data": {"amount": 41}}
    (await api.post(path, other)).refused(409, "already_decided")
    await planner.next_control()


async def test_a_node_that_finishes_meanwhile_was_too_fast(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, a={"status": "running", "attempt": 1})
    asking, control = await asked(api, planner, f"/runs/{run_id}/nodes/a/skip")
    finished = control.model_copy(update={"id": "", "by": ""})
    await planner.save(
        run_id, "running", "node.succeeded", of=finished, a={"status": "succeeded", "port": "out"}
    )
    (await asking).refused(409, "too_late")
