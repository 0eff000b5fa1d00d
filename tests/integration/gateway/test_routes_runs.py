"""Lists of runs, and their nodes."""

from shared.contracts.failure import failure
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.usage import Usage
from shared.contracts.value import inline
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from tests.integration.gateway.api import Api, Planner

GRAPH = {"nodes": [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop"}]}


async def test_runs_are_listed_by_status_and_workflow(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    ids = [(await api.post(f"/workflows/{workflow_id}/runs")).body["id"] for _ in range(3)]
    for _ in ids:
        await planner.next_run()
    await planner.succeed(ids[0])
    path = f"/runs?workflow_id={workflow_id}"
    assert [item["id"] for item in (await api.get(path)).body["items"]] == ids[::-1]
    finished = (await api.get(f"{path}&status=succeeded")).body
    assert [item["id"] for item in finished["items"]] == ids[:1]
    first = (await api.get(f"/workflows/{workflow_id}/runs?limit=2")).body
    rest = (await api.get(f"/workflows/{workflow_id}/runs?limit=2&cursor={first['next']}")).body
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert "input" not in first["items"][0]


async def test_a_node_is_shown_with_its_attempts(api: Api, planner: Planner, gateway_store: Store) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    at = now_ms()
    common = {"node": "b", "started_at": at, "finished_at": at, "input": inline('{"x":1}')}
    failed = NodeResult(attempt=1, status="failed", failure=failure("timeout", "too slow"), **common)
    done = NodeResult(
        attempt=2,
        status="succeeded",
        port="out",
        output=inline("[2]"),
        logs=["hi"],
        usage=Usage(tokens=3),
        **common,
    )
    documents = [
        NodeRun(id=node_run_id(run_id, "b", attempt), run_id=run_id, workspace_id="default", results=[result],
                created_at=at)
        for attempt, result in ((1, failed), (2, done))
    ]  # fmt: skip
    await NodeRuns(gateway_store).insert(documents)
    state = {"status": "succeeded", "attempt": 2, "port": "out", "head": "b", "head_attempt": 2}
    await planner.save(run_id, "running", "run.started", b=state)
    node = (await api.get(f"/runs/{run_id}/nodes/b")).body
    assert (node["status"], node["attempt"], node["port"]) == ("succeeded", 2, "out")
    first, second = node["attempts"]
    assert (first["failure"]["code"], first["output"]) == ("timeout", None)
    assert (second["input"], second["output"], second["logs"]) == ({"x": 1}, [2], ["hi"])
    assert second["usage"]["tokens"] == 3


async def test_the_result_of_a_chained_node_is_found_under_its_head(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    at = now_ms()
    results = [
        NodeResult(node=node, attempt=1, status="succeeded", port="out", output=inline(f'"{node}"'),
                   started_at=at, finished_at=at)
        for node in ("a", "b")
    ]  # fmt: skip
    chain = NodeRun(
        id=node_run_id(run_id, "a", 1), run_id=run_id, workspace_id="default", results=results, created_at=at
    )
    await NodeRuns(gateway_store).insert([chain])
    state = {"status": "succeeded", "attempt": 1, "head": "a", "head_attempt": 1}
    await planner.save(run_id, "succeeded", "run.succeeded", a=state, b=state)
    assert (await api.get(f"/runs/{run_id}/nodes/b")).body["attempts"][0]["output"] == "b"


async def test_a_node_that_has_not_begun_is_pending(api: Api, planner: Planner) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    node = (await api.get(f"/runs/{run_id}/nodes/a")).body
    assert (node["status"], node["attempts"]) == ("pending", [])
    (await api.get(f"/runs/{run_id}/nodes/zz")).refused(404, "not_found")
    (await api.get("/runs/run_none/nodes/a")).refused(404, "not_found")


async def test_child_runs_are_listed_by_their_parent_only(api: Api, planner: Planner) -> None:
    body = {"nodes": [{"id": "inner", "type": "noop"}]}
    graph = {"nodes": [{"id": "each", "type": "try", "config": {"graph": body}}]}
    run_id = (await api.post("/runs", {"graph": graph})).body["id"]
    run = await planner.next_run()
    child = {
        "id": f"{run_id}.each.0",
        "version": f"{run.version}#each.graph",
        "level": "child",
        "parent_id": run_id,
        "parent_node": "each",
        "parent_attempt": 1,
        "key": "0",
    }
    assert await planner.runs.insert(run.model_copy(update=child))
    assert child["id"] not in str((await api.get("/runs?limit=200")).body)
    [shown] = (await api.get(f"/runs?parent={run_id}")).body["items"]
    assert shown["parent"] == {"run_id": run_id, "node": "each", "key": "0", "attempt": 1}
    found = (await api.get(f"/runs/{child['id']}")).body
    assert list(found["nodes"]) == ["inner"]
    assert (await api.get(f"/runs/{child['id']}/nodes/inner")).body["status"] == "pending"
    (await api.get(f"/runs/{child['id']}/nodes/each")).refused(404, "not_found")


async def test_runs_of_other_workspaces_do_not_exist(api: Api, planner: Planner) -> None:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    run = await planner.next_run()
    other = run.model_copy(update={"id": f"{run_id}x", "workspace_id": "other"})
    assert await planner.runs.insert(other)
    for path in ("", "/events", "/nodes/a"):
        (await api.get(f"/runs/{other.id}{path}")).refused(404, "not_found")
    assert other.id not in str((await api.get("/runs?limit=200")).body)
