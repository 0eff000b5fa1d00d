"""Operator injection: what would mean something to a store, in place of every text, id, query and key."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.gateway.api import Answer, Planner
from tests.integration.gateway.attacks.scene import Scene, furnished
from tests.integration.gateway.attacks.walk import WORKSPACE, Route, changed, filled, found, routes, strings
from tests.integration.gateway.identity.people import Person, Town

OPERATORS: list[Any] = [{"$ne": ""}, {"$gt": ""}, {"$where": "1"}, [{"$ne": ""}], {"a.b": 1}]
IDS = ("$ne", '{"$ne": ""}', '{"$gt": ""}', "$where", "a.b", "a[0]", "[$ne]", "\0", "a\0b", ".*", "*")
QUERIES = ('{"$ne": ""}', '{"$gt": ""}', "$ne", "a.b", "a[0]", "\0", "/.*/")


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
