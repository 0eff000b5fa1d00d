"""Workflows, drafts and published versions."""

import asyncio
from typing import Any

import pytest

from services.gateway.routes.versions import _make_latest
from shared.service import Service
from tests.integration.gateway.api import Api, Planner, parts_of

GRAPH = {"nodes": [{"id": "a", "type": "set", "config": {"values": {"n": 1}}}]}
OTHER = {"nodes": [{"id": "b", "type": "noop"}]}


async def test_a_workflow_is_created_read_and_listed(api: Api) -> None:
    made = await api.post("/workflows", {"name": " Greeting ", "tags": ["x"], "graph": GRAPH})
    assert made.status == 201
    workflow = made.body
    assert (workflow["name"], workflow["tags"], workflow["rev"], workflow["latest"]) == (
        "Greeting",
        ["x"],
        1,
        None,
    )
    assert workflow["graph"] == GRAPH
    assert workflow["problems"] == []
    assert workflow["created_at"].endswith("Z")
    assert (await api.get(f"/workflows/{workflow['id']}")).body == workflow
    listed = (await api.get("/workflows")).body["items"][0]
    assert listed["id"] == workflow["id"]
    assert "graph" not in listed


async def test_lists_are_read_page_by_page(api: Api) -> None:
    made = [await api.workflow(GRAPH, published=False) for _ in range(5)]
    first = (await api.get("/workflows?limit=3")).body
    second = (await api.get(f"/workflows?limit=2&cursor={first['next']}")).body
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]


async def test_a_draft_is_saved_over_the_revision_that_was_read(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH, published=False)
    saved = await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": OTHER, "description": "d"})
    assert (saved.body["rev"], saved.body["graph"], saved.body["name"]) == (2, OTHER, "Test")
    stale = await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": GRAPH})
    stale.refused(409, "stale_revision")
    assert "2" in stale.body["detail"]


async def test_of_two_who_save_at_once_one_is_told(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH, published=False)
    saves = [api.put(f"/workflows/{workflow_id}", {"rev": 1, "name": f"n{n}"}) for n in range(6)]
    assert sorted(answer.status for answer in await asyncio.gather(*saves)) == [200, *[409] * 5]


async def test_an_incomplete_draft_is_kept_with_its_problems_but_not_published(api: Api) -> None:
    draft = {"nodes": [{"id": "a", "type": "set", "config": {}}]}
    made = await api.post("/workflows", {"name": "Unfinished", "graph": draft})
    assert made.status == 201
    assert made.body["problems"][0]["path"].startswith("nodes[0].config")
    publish = await api.post(f"/workflows/{made.body['id']}/versions")
    publish.refused(422, "invalid_graph")
    assert publish.body["errors"] == made.body["problems"]


async def test_versions_are_numbered_and_never_change(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH)
    await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": OTHER})
    second = await api.post(f"/workflows/{workflow_id}/versions", {"note": "other", "rev": 2})
    assert (second.status, second.body["number"], second.body["note"]) == (201, 2, "other")
    listed = (await api.get(f"/workflows/{workflow_id}/versions")).body
    assert [item["number"] for item in listed["items"]] == [2, 1]
    assert (await api.get(f"/workflows/{workflow_id}/versions/1")).body["graph"] == GRAPH
    (await api.get(f"/workflows/{workflow_id}/versions/3")).refused(404, "not_found")
    assert (await api.get(f"/workflows/{workflow_id}")).body["latest"] == 2
    page = (await api.get(f"/workflows/{workflow_id}/versions?limit=1")).body
    rest = (await api.get(f"/workflows/{workflow_id}/versions?cursor={page['next']}")).body
    assert [item["number"] for item in rest["items"]] == [1]


async def test_publishing_says_which_draft_it_means(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH, published=False)
    await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": OTHER})
    (await api.post(f"/workflows/{workflow_id}/versions", {"rev": 1})).refused(409, "stale_revision")


async def test_many_publications_at_once_get_numbers_of_their_own(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH, published=False)
    publish = [api.post(f"/workflows/{workflow_id}/versions") for _ in range(5)]
    answers = await asyncio.gather(*publish)
    assert sorted(answer.body["number"] for answer in answers) == [1, 2, 3, 4, 5]
    workflow = (await api.get(f"/workflows/{workflow_id}")).body
    assert (workflow["latest"], workflow["rev"]) == (5, 1)


async def test_an_old_version_becomes_the_draft_again(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH)
    await api.put(f"/workflows/{workflow_id}", {"rev": 1, "graph": OTHER})
    restored = await api.post(f"/workflows/{workflow_id}/versions/1/restore", {"rev": 2})
    assert (restored.body["graph"], restored.body["rev"]) == (GRAPH, 3)
    stale = await api.post(f"/workflows/{workflow_id}/versions/1/restore", {"rev": 2})
    stale.refused(409, "stale_revision")


async def test_an_archived_workflow_is_gone_but_its_runs_stay(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    run_id = (await api.post(f"/workflows/{workflow_id}/runs")).body["id"]
    await planner.next_run()
    assert (await api.call("DELETE", f"/workflows/{workflow_id}")).status == 204
    for path in ("", "/versions", "/versions/1", "/runs"):
        (await api.get(f"/workflows/{workflow_id}{path}")).refused(404, "not_found")
    (await api.post(f"/workflows/{workflow_id}/runs")).refused(404, "not_found")
    (await api.call("DELETE", f"/workflows/{workflow_id}")).refused(404, "not_found")
    assert workflow_id not in str((await api.get("/workflows?limit=200")).body)
    assert (await api.get(f"/runs/{run_id}")).body["workflow_id"] == workflow_id


async def test_a_graph_can_be_checked_without_being_kept(api: Api) -> None:
    good = await api.post("/graphs/validate", {"graph": GRAPH})
    assert (good.status, good.body["valid"], good.body["problems"]) == (200, True, [])
    bad = await api.post("/graphs/validate", {"graph": {"nodes": [{"id": "a", "type": "sett"}]}})
    assert (bad.status, bad.body["valid"]) == (200, False)
    assert bad.body["problems"][0].keys() == {"path", "code", "message"}


async def test_node_types_are_listed(api: Api) -> None:
    answer = await api.get("/api/v1/node-types")
    assert {"noop", "set"} <= {item["type"] for item in answer.body["items"]}


@pytest.mark.parametrize("text", ["\u0000", "🧶 ünïcode", "a.b$c", "{{ not.an.expression"])
async def test_names_are_kept_as_they_are(api: Api, text: str) -> None:
    body: dict[str, Any] = {"name": text, "description": text, "tags": [text], "graph": GRAPH}
    made = await api.post("/workflows", body)
    assert made.status == 201, made.body
    found = (await api.get(f"/workflows/{made.body['id']}")).body
    assert (found["name"], found["description"], found["tags"]) == (text, text, [text])


async def test_a_slow_publication_does_not_take_the_latest_back(api: Api, gateway: Service) -> None:
    parts = parts_of(gateway)
    workflow_id = await api.workflow(GRAPH)
    slow = await parts.workflow("default", workflow_id)
    await api.post(f"/workflows/{workflow_id}/versions")
    await api.post(f"/workflows/{workflow_id}/versions")
    await _make_latest(parts, slow, 2)
    assert (await api.get(f"/workflows/{workflow_id}")).body["latest"] == 3
