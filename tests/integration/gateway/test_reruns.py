"""Running a finished run again, from where it is wanted."""

from typing import Any

from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import Run
from shared.contracts.value import inline
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.sources import BEGINNING_MS, Sources
from tests.integration.gateway.api import Api, Planner

NODES = [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop"}]
EDGES = [{"source": "a", "target": "b"}]
GRAPH: dict[str, Any] = {"nodes": NODES, "edges": EDGES}
DONE = {"status": "succeeded", "attempt": 1, "port": "out", "head": "a", "head_attempt": 1}


async def finished(api: Api, planner: Planner, workflow_id: str, status: str = "failed") -> Run:
    """A run of which only `a` succeeded."""
    path = f"/workflows/{workflow_id}/runs"
    run_id = (await api.post(path, {"input": {"n": 1}, "lane": "high"})).body["id"]
    await planner.next_run()
    return await planner.save(run_id, status, f"run.{status}", a=DONE)


async def test_a_failed_run_is_run_again_from_where_it_failed(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    old = await finished(api, planner, await api.workflow(GRAPH))
    result = NodeResult(
        node="a", attempt=1, status="succeeded", port="out", output=inline("7"), started_at=0, finished_at=0
    )
    kept = NodeRun(
        id=node_run_id(old.id, "a", 1), run_id=old.id, workspace_id="default", results=[result],
        created_at=now_ms(),
    )  # fmt: skip
    await planner.save(old.id, "failed", changes={"results": {kept.id: kept}})
    answer = await api.post(f"/runs/{old.id}/rerun")
    assert answer.status == 202
    new = await planner.next_run()
    assert (new.id, new.rerun_of, new.version, new.lane) == (answer.body["id"], old.id, old.version, "high")
    assert new.input == old.input
    assert {node_id: (state.status, state.source) for node_id, state in new.nodes.items()} == {
        "a": ("succeeded", old.id)
    }
    assert kept.id in await NodeRuns(gateway_store).load([kept.id]), "the new run finds it there"
    shown = (await api.get(f"/runs/{new.id}")).body
    assert (shown["rerun_of"], shown["nodes"]["a"]["reused_from"]) == (old.id, old.id)
    node = (await api.get(f"/runs/{new.id}/nodes/a")).body
    assert [attempt["output"] for attempt in node["attempts"]] == [7]


async def test_what_is_taken_over_stays_and_what_is_gone_is_not_run_again(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    old = await finished(api, planner, await api.workflow(GRAPH))
    new = (await api.post(f"/runs/{old.id}/rerun")).body["id"]
    await planner.next_run()
    assert await Sources(gateway_store).held([old.id], now_ms() + 10 * BEGINNING_MS) == {old.id}
    await planner.save(new, "failed", "run.failed", a={**DONE, "source": old.id})
    await gateway_store["runs"].delete({"_id": old.id})
    assert (await api.post(f"/runs/{new}/rerun")).status == 202
    await planner.next_run()
    await gateway_store["runs"].delete({"_id": new})
    assert await Sources(gateway_store).held([old.id], now_ms() + 10 * BEGINNING_MS) == {old.id}
    (await api.post(f"/runs/{old.id}/rerun")).refused(404, "not_found")


async def test_an_ad_hoc_graph_that_is_run_again_counts_as_used(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    graph = {"nodes": [{"id": "used_again", "type": "noop"}]}
    run_id = (await api.post("/runs", {"graph": graph})).body["id"]
    await planner.next_run()
    old = await planner.save(run_id, "failed", "run.failed")
    [before] = await gateway_store["versions"].find({"_id": old.version})
    assert await gateway_store["versions"].replace_one({"_id": old.version}, {**before, "used_at": 5})
    assert (await api.post(f"/runs/{run_id}/rerun")).status == 202
    await planner.next_run()
    [after] = await gateway_store["versions"].find({"_id": old.version})
    assert after["used_at"] >= before["used_at"]
    await gateway_store["versions"].delete({"_id": old.version})
    (await api.post(f"/runs/{run_id}/rerun")).refused(404, "not_found")


async def test_one_node_is_run_again_with_another_input(api: Api, planner: Planner) -> None:
    old = await finished(api, planner, await api.workflow(GRAPH), "succeeded")
    body = {"from": "a", "only": True, "input": {"n": 2}, "pins": True}
    await api.post(f"/runs/{old.id}/rerun", body)
    new = await planner.next_run()
    assert (new.input, new.pins) == (inline('{"n":2}'), True)
    assert {node_id: state.status for node_id, state in new.nodes.items()} == {"b": "skipped"}


async def test_a_run_is_run_again_on_another_version(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    old = await finished(api, planner, workflow_id)
    changed = {"nodes": [NODES[0], {"id": "c", "type": "noop"}], "edges": [{"source": "a", "target": "c"}]}
    await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": changed})
    await api.post(f"/workflows/{workflow_id}/versions")
    path = f"/runs/{old.id}/rerun"
    (await api.post(path, {"version": 2, "from": "b"})).refused(422, "unknown_node")
    (await api.post(path, {"version": 9})).refused(404, "not_found")
    await api.post(path, {"version": 2})
    new = await planner.next_run()
    assert new.version == f"{workflow_id}:2"
    assert list(new.nodes) == ["a"]


async def test_the_same_key_reruns_once(api: Api, planner: Planner) -> None:
    old = await finished(api, planner, await api.workflow(GRAPH))
    headers = {"Idempotency-Key": f"again-{old.id}"}
    first = await api.post(f"/runs/{old.id}/rerun", headers=headers)
    second = await api.post(f"/runs/{old.id}/rerun", headers=headers)
    assert (first.body["id"], second.headers["Idempotent-Replayed"]) == (second.body["id"], "true")
    await planner.next_run()
    assert planner.requested.empty()


async def test_what_cannot_be_run_again_is_said(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH)
    (await api.post(f"/runs/{run_id}/rerun")).refused(409, "run_unfinished")
    await planner.succeed(run_id)
    (await api.post(f"/runs/{run_id}/rerun", {"version": 1})).refused(422, "not_possible")
    (await api.post(f"/runs/{run_id}/rerun", {"only": True})).refused(422, "invalid_request")
    (await api.post(f"/runs/{run_id}/rerun", {"form": "a"})).refused(422, "invalid_request")
    run = (await planner.runs.load([run_id]))[run_id]
    child = run.model_copy(update={"id": f"{run_id}.a.0", "parent_id": run_id, "parent_node": "a"})
    assert await planner.runs.insert(child)
    (await api.post(f"/runs/{child.id}/rerun")).refused(409, "child_run")
    (await api.post("/runs/run_none/rerun")).refused(404, "not_found")
