"""Starting dry runs: what the planner is handed, and what is refused."""

from typing import Any

import orjson
import pytest

from shared.contracts.catalog import NodeType
from shared.contracts.run import Run
from shared.contracts.version import FrozenNode
from shared.ids import new_id
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from shared.storage.versions import Versions
from tests.integration.gateway.api import Api, Planner

SEND = NodeType(type="send", title="Send", description="", category="data", pool="post", side_effects="once",
                config_schema={"type": "object", "properties": {}})  # fmt: skip
GRAPH = {
    "nodes": [{"id": "a", "type": "noop"}, {"id": "send", "type": "send"}],
    "edges": [{"source": "a", "target": "send"}],
}
DRY = {"dry": True, "mocks": {"send": [{"failure": {"code": "timeout"}}, {"id": 7}]}}


@pytest.fixture(autouse=True, scope="module")
async def sending(gateway_store: Store) -> None:
    """A node type that touches something outside."""
    await NodeTypes(gateway_store).put([SEND])


async def frozen(store: Store, run: Run) -> dict[str, FrozenNode]:
    """The nodes of the version that a run pins."""
    version = await Versions(store).get("default", run.version)
    assert version is not None
    return version.frozen


async def test_a_dry_run_pins_a_version_whose_nodes_are_mocked(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    started = await api.post("/runs", {"graph": GRAPH, "input": 1, **DRY})
    assert started.status == 202, started.body
    run = await planner.next_run()
    assert (run.id, run.dry) == (started.body["id"], True)
    nodes = await frozen(gateway_store, run)
    assert (nodes["a"].pool, nodes["a"].mocks) == ("core", [])
    assert (nodes["send"].pool, nodes["send"].side_effects) == ("core", "none")
    first, second = map(orjson.loads, nodes["send"].mocks)
    assert first["failure"]["code"] == "timeout"
    assert second == {"output": {"id": 7}}


async def test_dry_and_real_runs_of_one_graph_do_not_share_a_version(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    bodies: list[dict[str, Any]] = [
        {"graph": GRAPH},
        {"graph": GRAPH, **DRY},
        {"graph": GRAPH, "dry": True, "mocks": {"send": [1]}},
        {"graph": GRAPH},
    ]
    runs: list[Run] = []
    for body in bodies:
        assert (await api.post("/runs", body)).status == 202
        runs.append(await planner.next_run())
    assert [run.dry for run in runs] == [False, True, True, False]
    assert len({run.version for run in runs[:3]}) == 3
    assert runs[0].version == runs[3].version
    assert (await frozen(gateway_store, runs[0]))["send"].pool == "post"


async def test_a_workflow_runs_dry_by_version_or_draft(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    draft = {"nodes": [{"id": "only", "type": "send"}]}
    rev = (await api.get(f"/workflows/{workflow_id}")).body["rev"]
    assert (await api.put(f"/workflows/{workflow_id}", {"rev": rev, "graph": draft})).status == 200
    path = f"/workflows/{workflow_id}/runs"
    of_version = await api.post(path, DRY)
    run = await planner.next_run()
    assert (run.dry, run.workflow_id, list(of_version.body["nodes"])) == (True, workflow_id, ["a", "send"])
    of_draft = await api.post(path, {"dry": True, "draft": True, "mocks": {"only": [1]}})
    assert (await planner.next_run()).dry
    assert list(of_draft.body["nodes"]) == ["only"]
    real = await api.post(path, {"draft": True})
    run = await planner.next_run()
    assert (run.dry, run.workflow_id, list(real.body["nodes"])) == (False, workflow_id, ["only"])
    both = await api.post(path, {"draft": True, "version": 1})
    assert "of the draft or of a version" in both.refused(422, "not_possible").body["detail"]
    listed = (await api.get(path)).body["items"]
    assert [(each["workflow_id"], each["version"]) for each in listed] == [(workflow_id, None)] * 3


@pytest.mark.parametrize(
    ("body", "code", "paths"),
    [
        ({"mocks": {"send": [1]}}, "mocks_need_dry", []),
        ({"dry": True}, "not_mocked", ["nodes[1]"]),
        ({"dry": True, "mocks": {"sned": [1], "a": []}}, "invalid_mocks", ["mocks.sned", "mocks.a"]),
        ({"dry": True, "mocks": {"send": [{"port": "b", "output": 1}]}}, "invalid_mocks", ["mocks.send[0]"]),
        ({"dry": True, "mocks": {"send": 1}}, "invalid_request", ["mocks.send"]),
        ({"dry": "yes"}, "invalid_request", ["dry"]),
        ({"dry": True, "mocks": [1]}, "invalid_request", ["mocks"]),
    ],
)
async def test_what_cannot_be_run_dry_is_refused_with_the_places(
    api: Api, body: dict[str, Any], code: str, paths: list[str]
) -> None:
    refused = (await api.post("/runs", {"graph": GRAPH, **body})).refused(422, code)
    assert [each["path"] for each in refused.body.get("errors", [])] == paths


async def test_a_dry_run_is_started_once_for_a_key(api: Api, planner: Planner) -> None:
    key = {"Idempotency-Key": new_id("key")}
    first = await api.post("/runs", {"graph": GRAPH, **DRY}, headers=key)
    again = await api.post("/runs", {"graph": GRAPH, **DRY}, headers=key)
    assert first.body["id"] == again.body["id"] == (await planner.next_run()).id
    other = await api.post("/runs", {"graph": GRAPH, "dry": True, "mocks": {"send": [2]}}, headers=key)
    other.refused(422, "idempotency_key_reused")
