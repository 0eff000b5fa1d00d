"""Operator injection: what would mean something to a store, in place of every text, id, query and key."""

import asyncio
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from shared.contracts.value import from_json
from tests.integration.gateway.api import Answer, Planner
from tests.integration.gateway.attacks.scene import GRAPH, Scene, asked_for, furnished, made
from tests.integration.gateway.attacks.walk import WORKSPACE, Route, changed, filled, routes, strings
from tests.integration.gateway.hooks import send
from tests.integration.gateway.identity.people import Person, Town

OPERATORS: list[Any] = [{"$ne": ""}, {"$gt": ""}, {"$where": "1"}, [{"$ne": ""}], {"a.b": 1}]
IDS = ("$ne", '{"$ne": ""}', '{"$gt": ""}', "$where", "a.b", "a[0]", "[$ne]", "\0", "a\0b", ".*", "*")
QUERIES = ('{"$ne": ""}', '{"$gt": ""}', "$ne", "a.b", "a[0]", "\0", "/.*/")
ODD = {"$ne": "", "a.b": 1, "a[0]": {"$where": "1", "": [{"$gt": ""}]}, "nul\0": None, "$set": {"_id": 1}}
"""Keys that a store would take for something else."""


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


async def call(caller: Person, route: Route, path: str, body: Any = None, query: str = "") -> Answer:
    """Without waiting for a run."""
    wait = "wait=0" if "wait" in route.queries and "wait" not in query else ""
    wait = "format=csv" if "/export" in path and "format" not in query else wait
    body = None if route.method in ("GET", "DELETE") else body
    return await caller.call(route.method, f"{path}?{query}&{wait}".rstrip("?&"), body)


async def test_a_text_that_is_an_operator_is_refused(scene: Scene) -> None:
    """Only where any JSON may stand is it taken, and comes back as it was sent: see below."""
    sent = refused = 0
    for route in await routes(scene.admin):
        path = route.path(scene.workspace, scene.ids)
        for example in filled(route.examples, scene.ids):
            bodies = [changed(example, at, each) for at in strings(example) for each in OPERATORS]
            answers = await asyncio.gather(*(call(scene.admin, route, path, each) for each in bodies))
            for body, answer in zip(bodies, answers, strict=True):
                assert answer.status not in (500, 502), (route.name, body, answer.body)
                sent, refused = sent + 1, refused + (400 <= answer.status < 500)
    assert sent > 300
    assert refused > sent * 0.7


async def test_an_id_that_is_an_operator_finds_nothing(town: Town, scene: Scene) -> None:
    owner = await town.person(scene.workspace, "admin", owner=True)
    asked = 0
    for route in await routes(owner):
        body = filled(route.examples[0], scene.ids) if route.examples else {}
        for place in set(route.places) - {"number"}:
            paths = [route.path(scene.workspace, {**scene.ids, place: quote(each, safe="")}) for each in IDS]
            answers = await asyncio.gather(*(call(owner, route, each, body) for each in paths))
            for path, answer in zip(paths, answers, strict=True):
                assert 400 <= answer.status < 500, (route.name, path, answer.body)
                asked += 1
    assert asked > 700


def found(answer: Answer) -> int:
    """How many things are in an answer."""
    return len(answer.body.get("items", ())) if isinstance(answer.body, dict) else 0


async def test_a_query_that_is_an_operator_finds_no_more_than_nonsense(scene: Scene) -> None:
    asked = more = 0
    for route in await routes(scene.admin):
        if not route.template.startswith(WORKSPACE) or route.method != "GET":
            continue
        path = route.path(scene.workspace, scene.ids)
        for name in route.queries:
            for operator in ("$ne", "$gt", "$regex", "0"):
                answer = await call(scene.admin, route, path, query=f"{name}[{operator}]=")
                answer.refused(422, "invalid_request")
            nonsense = await call(scene.admin, route, path, query=f"{name}=nobody")
            for each in QUERIES:
                answer = await call(scene.admin, route, path, query=f"{name}={quote(each, safe='')}")
                assert answer.status in (nonsense.status, 422), (route.name, name, each, answer.body)
                assert name == "cursor" or found(answer) <= found(nonsense), (route.name, name, each)
                asked += 1
        more += found(await call(scene.admin, route, path)) > 0
    assert asked > 300
    assert more > 12  # the control: there is something to be found


async def test_keys_that_are_operators_are_kept_and_read_as_they_were_sent(
    scene: Scene, planner: Planner
) -> None:
    admin, paths = scene.admin, {key: "body" for key in ODD}
    await made(admin, "/variables", {"name": "odd", "value": ODD})
    assert (await admin.get("/variables/odd")).body["value"] == ODD
    graph = {"nodes": [{"id": "a", "type": "set", "config": {"values": ODD}}]}
    flow = await admin.workflow(graph)
    assert (await admin.get(f"/workflows/{flow}")).body["graph"] == graph
    run = await made(admin, f"/workflows/{flow}/runs", {"input": ODD})
    assert (await admin.get(f"/runs/{run['id']}")).body["input"] == ODD
    hook = {"workflow_id": flow, "name": "$set", "mapping": paths, "config": {"kind": "webhook"}}
    trigger = await made(admin, "/triggers", hook)
    assert (await admin.get(f"/triggers/{trigger['id']}")).body["mapping"] == paths
    url = f"{admin.root}/api/{trigger['hook']['url'].partition('/api/')[2]}"
    sent = await send(url, orjson.dumps(ODD))
    event = await admin.get(f"/triggers/{trigger['id']}/events/{sent.body['event_id']}")
    of_hook = await asked_for(planner, event.body["run_id"])
    assert from_json(of_hook.input.json_text or "") == dict.fromkeys(ODD, ODD)
    assert orjson.loads(event.body["body"]) == ODD
    for path in ("/variables", "/workflows", "/runs", "/triggers", f"/triggers/{trigger['id']}/events"):
        assert found(await admin.get(path)) > 0, path


async def test_a_name_may_be_odd_or_is_refused_but_never_breaks_a_list(scene: Scene) -> None:
    for name in ("$ne", "a.b", "nul\0", "\u202e", "' OR 1=1 --", '"}', "\U0001f4a5"):
        answer = await scene.admin.post("/workflows", {"name": name, "graph": GRAPH})
        assert answer.status in (201, 422), answer.body
        if answer.status == 201:
            assert (await scene.admin.get(f"/workflows/{answer.body['id']}")).body["name"] == name
    assert found(await scene.admin.get("/workflows")) > 5
