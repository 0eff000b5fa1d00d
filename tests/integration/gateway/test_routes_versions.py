"""Comparing versions, and checking graphs with graphs in them, over HTTP."""

from typing import Any

import pytest

from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.api import Api, parts_of
from tests.integration.gateway.conftest import NODE_TYPES

EACH = NODE_TYPES[1].model_copy(
    update={
        "type": "test.each",
        "bodies": ["graph"],
        "config_schema": {
            "type": "object",
            "properties": {"graph": {"type": "object"}},
            "required": ["graph"],
        },
    }
)


@pytest.fixture(scope="module", autouse=True)
async def container(gateway: Service, gateway_store: Store) -> None:
    """A node type with a body, in a catalog that the gateway reads again."""
    await NodeTypes(gateway_store).put([EACH])
    parts_of(gateway).catalog.outdated()


def graph(number: int, **more: Any) -> dict[str, Any]:
    """A container around one node that is set to a number."""
    inner = {"id": "inner", "type": "set", "config": {"values": {"n": number}}}
    body = {"nodes": [inner, *more.pop("nodes", [])]}
    return {"nodes": [{"id": "each", "type": "test.each", "config": {"graph": body}}], **more}


async def published(api: Api, *graphs: dict[str, Any]) -> str:
    """The path of a workflow of which these were published, one after the other."""
    path = f"/workflows/{await api.workflow(graphs[0])}"
    for rev, each in enumerate(graphs[1:], 1):
        assert (await api.put(path, {"rev": rev, "graph": each})).status == 200
        assert (await api.post(f"{path}/versions")).status == 201
    return path


async def test_a_version_is_compared_with_the_one_before(api: Api) -> None:
    path = await published(api, graph(1), graph(2, settings={"timeout_s": 60}))
    answer = await api.get(f"{path}/versions/2/diff")
    assert answer.status == 200
    assert answer.body == {
        "from": 1,
        "to": 2,
        "nodes": {
            "added": [],
            "removed": [],
            "changed": [
                {
                    "within": "each.graph",
                    "id": "inner",
                    "changes": [{"path": "config.values.n", "before": 1, "after": 2}],
                }
            ],
            "moved": [],
        },
        "edges": {"added": [], "removed": []},
        "settings": [{"within": "", "path": "timeout_s", "before": None, "after": 60.0}],
    }
    first = (await api.get(f"{path}/versions/1/diff")).body
    assert (first["from"], [each["id"] for each in first["nodes"]["added"]]) == (None, ["each"])


async def test_or_with_any_other_or_the_draft_always_from_the_older_one(api: Api) -> None:
    path = await published(api, graph(1), graph(2), graph(3))
    await api.put(path, {"rev": 3, "graph": graph(4)})
    for asked, sides, numbers in (
        ("versions/3/diff?with=1", (1, 3), (1, 3)),
        ("versions/1/diff?with=3", (1, 3), (1, 3)),
        ("versions/2/diff?with=draft", (2, "draft"), (2, 4)),
    ):
        found = (await api.get(f"{path}/{asked}")).body
        change = found["nodes"]["changed"][0]["changes"][0]
        assert ((found["from"], found["to"]), (change["before"], change["after"])) == (sides, numbers)
    assert (await api.get(f"{path}/versions/2/diff?with=2")).body["nodes"]["changed"] == []


async def test_there_must_be_two_to_compare(api: Api) -> None:
    path = await published(api, graph(1))
    (await api.get(f"{path}/versions/2/diff")).refused(404, "not_found")
    (await api.get(f"{path}/versions/1/diff?with=2")).refused(404, "not_found")
    (await api.get("/workflows/none/versions/1/diff")).refused(404, "not_found")
    for wrong in ("with=0", "with=first", "with=", "wit=1"):
        (await api.get(f"{path}/versions/1/diff?{wrong}")).refused(422, "invalid_request")


async def test_a_restored_version_no_longer_differs_from_the_draft(api: Api) -> None:
    path = await published(api, graph(1), graph(2))
    await api.post(f"{path}/versions/1/restore")
    found = (await api.get(f"{path}/versions/1/diff?with=draft")).body
    assert found["nodes"]["changed"] == []
    assert (await api.get(f"{path}/versions/2/diff?with=draft")).body["nodes"]["changed"]


async def test_validating_and_publishing_say_the_same_of_what_is_within(api: Api) -> None:
    lonely = {"id": "lonely", "type": "set", "config": {}}
    checked = (await api.post("/graphs/validate", {"graph": graph(1, nodes=[lonely])})).body
    inner = "nodes[0].config.graph.nodes[1]"
    assert not checked["valid"]
    assert [(each["path"], each["code"]) for each in checked["problems"]] == [
        (f"{inner}.config.values", "required")
    ]
    warned = [(each["path"], each["code"]) for each in checked["warnings"]]
    assert warned == [("nodes[0].config.graph.nodes[0]", "unconnected"), (inner, "unconnected")]
    workflow_id = await api.workflow(graph(1, nodes=[lonely]), published=False)
    publish = await api.post(f"/workflows/{workflow_id}/versions")
    assert publish.refused(422, "invalid_graph").body["errors"] == checked["problems"]


async def test_a_workflow_cannot_run_itself(api: Api, gateway: Service, gateway_store: Store) -> None:
    run = EACH.model_copy(update={"type": "workflow.run", "bodies": [], "config_schema": {}})
    await NodeTypes(gateway_store).put([run])
    parts_of(gateway).catalog.outdated()
    workflow_id = await api.workflow(graph(1))
    again = {"nodes": [{"id": "a", "type": "workflow.run", "config": {"workflow_id": workflow_id}}]}
    assert (await api.post("/graphs/validate", {"graph": again})).body["valid"]
    known = (await api.post("/graphs/validate", {"graph": again, "workflow_id": workflow_id})).body
    assert [each["code"] for each in known["problems"]] == ["own_workflow"]
    saved = await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": again})
    assert saved.refused(422, "invalid_graph").body["errors"] == known["problems"]
