"""Cross-workspace access: as admin of one workspace, with the ids of all that another one has."""

import asyncio
from typing import Any

import orjson
import pytest

from shared.storage.mongo import INDEXES, Store
from tests.integration.gateway.api import Answer, Planner
from tests.integration.gateway.attacks.scene import CHANNEL, MARK, RULE, SHOP, Scene, furnished, made
from tests.integration.gateway.attacks.walk import WORKSPACE, Route, routes
from tests.integration.gateway.identity.people import Person, Town

NOOP = {"nodes": [{"id": "a", "type": "noop"}]}
HOOK = {"name": "T", "config": {"kind": "webhook"}}
BODIES: dict[str, Any] = {
    "PATCH /members/{user_id}": {"role": "viewer"}, "/grants/{user_id}": {"role": "viewer"},
    "/decide": {"decision": "approve"}, "/skip": {"output": 1}, "PUT /workflows/{workflow_id}": {"rev": 1},
    "/rules/{rule_id}": {**RULE, "rev": 1}, "/channels/{channel_id}": {**CHANNEL, "rev": 1},
    "PUT /credentials/{credential_id}": {"rev": 1, "name": MARK}, "PUT /variables/{name}": {"rev": 1},
    "PUT /triggers/{trigger_id}": {"rev": 1, **HOOK}, "/connect": {"state": "s", "code": "c"},
    "/backfill": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
}  # fmt: skip
ELSEWHERE = {"number", "workspace"}
ANEW = ("instance", "id", "created_at", "updated_at")
"""What differs from one answer to the next in any case."""


@pytest.fixture(scope="module")
async def own(town: Town, planner: Planner) -> Scene:
    """The attacker's, with nothing in it but a workflow and its trigger."""
    workspace = await town.workspace()
    admin = await town.person(workspace, "admin")
    flow = await admin.workflow(NOOP)
    trigger = await made(admin, "/triggers", {"workflow_id": flow, **HOOK})
    return Scene(workspace, admin, {"workflow_id": flow, "trigger_id": trigger["id"]}, "")


@pytest.fixture(scope="module")
async def other(town: Town, planner: Planner) -> Scene:
    """The workspace that is attacked."""
    return await furnished(town, planner)


def strange(text: str) -> str:
    """An id that looks like this one and is nobody's."""
    return text[:-4] + ("ZZZZ" if text[-4:] != "ZZZZ" else "YYYY")


def body_for(route: Route) -> Any:
    """A body that the route takes."""
    if route.method in ("GET", "DELETE"):
        return None
    name = f"{route.method} {route.template.removeprefix(WORKSPACE)}"
    return next((body for key, body in BODIES.items() if key == name or route.template.endswith(key)), {})


async def call(person: Person, route: Route, workspace: str, ids: dict[str, str]) -> Answer:
    """As an event stream where there is one, and without waiting."""
    query = "?wait=0" if "wait" in route.queries else ""
    headers = {"Accept": "text/event-stream"} if route.template.endswith("/runs/{run_id}/events") else {}
    path = route.path(workspace, ids) + query
    return await person.call(route.method, path, body_for(route), headers=headers)


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body, these ids taken out, and `instance` and what is drawn anew each time."""
    body = answer.body
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in ANEW}
    text = str(body)
    for each in ids.values():
        text = text.replace(each, "<id>")
    return answer.status, text


async def kept(store: Store, scene: Scene) -> dict[str, Any]:
    """Every document that has to do with a workspace, but for what is written of whoever asks for it."""
    found: dict[str, Any] = {}
    for name in set(INDEXES) - {"audit", "sessions", "throttles"}:
        for each in await store[name].find({}):
            if scene.workspace in orjson.dumps(each).decode():
                found[f"{name}/{each['_id']}"] = each
    return found


async def test_its_ids_lead_nowhere_and_nothing_of_it_changes(
    own: Scene, other: Scene, gateway_store: Store, planner: Planner
) -> None:
    before, nobodys = await kept(gateway_store, other), {k: strange(v) for k, v in other.ids.items()}
    named = [each for each in await routes(own.admin) if set(each.places) - ELSEWHERE]
    named = [each for each in named if each.template.startswith(WORKSPACE)]
    assert len(named) > 60

    async def both(route: Route, mine: dict[str, str]) -> None:
        theirs, none = {**other.ids, **mine}, {**nobodys, **mine}
        first, second = [await call(own.admin, route, own.workspace, ids) for ids in (theirs, none)]
        assert first.status == 404, (route.name, first.body)
        assert told(first, theirs) == told(second, none), route.name

    await asyncio.gather(*(both(each, {}) for each in named))
    deeper = [each for each in named if set(own.ids) & {*each.places} < {*each.places} - ELSEWHERE]
    deeper = [each for each in deeper if set(own.ids) & {*each.places}]
    assert len(deeper) >= 4
    await asyncio.gather(*(both(each, own.ids) for each in deeper))
    assert await kept(gateway_store, other) == before
    assert planner.requested.empty()
    assert planner.controls.empty()


def naming(ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Requests that name what is not in the path."""
    asks = {"id": "ask", "type": "shop.ask", "config": {}, "credential_id": ids["shop_key_id"]}
    flow, run, shared = ids["workflow_id"], ids["run_id"], {"workflows": [ids["workflow_id"]]}
    follows = {"name": "T", "config": {"kind": "workflow", "workflow_id": flow}}
    return [
        ("POST", "/triggers", {"workflow_id": flow, **HOOK}),
        ("POST", "/triggers", {"workflow_id": "{own}", **follows}),
        ("POST", "/alerts/rules", {**RULE, "workflows": [flow]}),
        ("POST", "/alerts/rules", {**RULE, "channels": [ids["channel_id"]]}),
        ("POST", "/graphs/validate", {"graph": NOOP, "workflow_id": flow}),
        ("POST", "/workflows", {"name": "x", "graph": {"nodes": [asks]}}),
        ("POST", "/runs", {"graph": {"nodes": [asks]}}),
        ("POST", "/runs/bulk/cancel", {"ids": [run]}),
        ("POST", "/runs/bulk/cancel", {"workflow_id": flow}),
        ("POST", "/runs/bulk/retry", {"ids": [run]}),
        ("POST", "/runs/bulk/retry", {"workflow_id": flow}),
        ("POST", "/credentials", {**SHOP, "name": "x", "shared": shared}),
        ("POST", "/credentials", {**SHOP, "name": "x", "shared": {"people": [ids["user_id"]]}}),
    ]


async def test_naming_what_is_its_does_the_same_as_naming_what_nobody_has(
    own: Scene, other: Scene, gateway_store: Store, planner: Planner
) -> None:
    before, nobodys = await kept(gateway_store, other), {k: strange(v) for k, v in other.ids.items()}
    for (method, path, theirs), (_, _, none) in zip(naming(other.ids), naming(nobodys), strict=True):
        mine = [
            orjson.loads(orjson.dumps(each).replace(b"{own}", own.ids["workflow_id"].encode()))
            for each in (theirs, none)
        ]
        first, second = [await own.admin.call(method, path, each) for each in mine]
        assert told(first, other.ids) == told(second, nobodys), (path, theirs)
        assert MARK not in str(first.body), (path, theirs)
    assert await kept(gateway_store, other) == before
    assert planner.controls.empty()


async def test_queries_for_what_is_its_find_what_queries_for_nothing_find(own: Scene, other: Scene) -> None:
    asked = 0
    for route in await routes(own.admin):
        if route.method != "GET" or route.places or not route.template.startswith(WORKSPACE):
            continue
        wanted = {each: other.ids[each] for each in route.queries if each in other.ids}
        wanted |= {"parent": other.ids["run_id"]} if "parent" in route.queries else {}
        wanted |= {"actor": other.admin.id} if "actor" in route.queries else {}
        cursors = [("cursor", each) for each in other.ids.values() if "cursor" in route.queries]
        path = route.path(own.workspace, {})
        for name, value in [*wanted.items(), *cursors]:
            pair = [await own.admin.get(path, params={name: each}) for each in (value, strange(value))]
            assert pair[0].status == pair[1].status, (path, name, pair[0].body)
            assert MARK not in str(pair[0].body), (path, name)
            if name != "cursor":
                assert told(pair[0], other.ids)[1] == told(pair[1], {name: strange(value)})[1], (path, name)
            asked += 1
    assert asked > 60


async def test_nothing_of_it_is_in_any_list_but_its_own(town: Town, other: Scene) -> None:
    empty = await town.workspace()
    admin = await town.person(empty, "admin")
    lists = [
        each for each in await routes(admin)
        if each.method == "GET" and not each.places and each.template.startswith(WORKSPACE)
    ]  # fmt: skip
    seen = 0
    for route in lists:
        as_csv = {"params": {"format": "csv"} if "export" in route.template else {}}
        mine, theirs = [
            await caller.get(route.path(workspace, {}), **as_csv)
            for caller, workspace in ((admin, empty), (other.admin, other.workspace))
        ]
        assert mine.status == theirs.status == 200, route.name
        assert not any(each in str(mine.body) for each in (MARK, other.workspace, *other.ids.values()))
        seen += MARK in str(theirs.body)
    assert seen >= 8


async def test_what_it_has_stored_is_not_to_be_had_by_its_address_or_key(
    own: Scene, other: Scene, planner: Planner
) -> None:
    large = {"text": MARK * 10_000}
    keyed = {"headers": {"Idempotency-Key": f"key of {other.workspace}"}}
    first = await other.admin.post("/runs", {"graph": NOOP, "input": large}, **keyed)
    assert first.body["input"] == large
    (await other.admin.post("/runs", {"graph": NOOP}, **keyed)).refused(422, "idempotency_key_reused")
    run = await planner.next_run()
    asked = orjson.loads(run.input.model_dump_json())
    assert asked["ref"]
    second = await own.admin.post("/runs", {"graph": NOOP, "input": asked}, **keyed)
    assert (second.status, second.body["input"]) == (202, asked)
    assert (await planner.next_run()).version != run.version


async def test_a_sign_in_that_began_there_is_finished_there(own: Scene, other: Scene) -> None:
    fresh = await made(own.admin, "/credentials", {"name": "x", "type": "shop.sign_in", "data": {}})
    sent = {"state": other.state, "code": "c"}
    for caller, credential in ((own.admin, fresh["id"]), (own.admin, other.ids["credential_id"])):
        assert (await caller.post(f"/credentials/{credential}/connect", sent)).status == 404
    finished = await other.admin.post(f"/credentials/{other.ids['credential_id']}/connect", sent)
    assert finished.status in (503, 504), finished.body


async def test_its_own_admin_is_let_to_all_of_it(other: Scene) -> None:
    """The control: the same ids and bodies, where they belong."""
    named = [each for each in await routes(other.admin) if set(each.places) - ELSEWHERE]
    named = [
        each for each in named if each.template.startswith(WORKSPACE) and "/connect" not in each.template
    ]
    order = ["GET", "PUT", "PATCH", "POST", "DELETE"]
    named.sort(key=lambda each: (order.index(each.method), -len(each.template)))
    for route in named:
        if route.template.endswith("/runs/{run_id}/events"):
            continue
        answer = await call(other.admin, route, other.workspace, other.ids)
        assert answer.status not in (404, 500), (route.name, answer.body)
