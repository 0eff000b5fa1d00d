"""Every route, for every role, in two workspaces: who is let in, and who is not."""

import asyncio
import re
from typing import Any

import pytest

from shared.contracts.identity import ROLES, Role
from tests.integration.gateway.identity.people import Person, Town
from tests.integration.gateway.identity.table import FLOW, LEAST

WITHIN = {route: role for route, role in LEAST.items() if role in ROLES}
OWNERS = [route for route, role in LEAST.items() if role == "owner"]
NO_WORKSPACE = "There is no such workspace"


def filled(route: str, workspace: str, ids: dict[str, str]) -> tuple[str, str]:
    """Method and path, with these ids, and `none` where there is no other."""
    method, path = route.split(" ", 1)
    path = path.replace("{workspace_id}", workspace)
    return method, "/api/v1" + re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "none"), path)


async def called(person: Person, route: str, workspace: str, **ids: str) -> tuple[str, Any]:
    """Bodies are empty, so that nothing is changed by being let in."""
    method, path = filled(route, workspace, {"number": "1", **ids})
    return route, await person.call(method, path, None if method == "GET" else [])


async def test_every_route_is_in_the_table(town: Town) -> None:
    owner = await town.person(owner=True)
    paths = (await owner.get("/api/v1/openapi.json")).body["paths"]
    there = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        for method in methods
    }
    assert there == LEAST.keys()


@pytest.mark.parametrize("kind", ["person", "key"])
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_do_what_the_table_says(town: Town, role: Role, kind: str) -> None:
    workspace = await town.workspace()
    caller = await (town.person(workspace, role) if kind == "person" else town.key(workspace, role))
    for route, answer in await asyncio.gather(*(called(caller, each, workspace) for each in WITHIN)):
        may = ROLES.index(role) >= ROLES.index(WITHIN[route])  # type: ignore[arg-type]
        assert answer.status < 500, (route, answer.body)
        assert (answer.status not in (401, 403)) == may, (route, role, answer.body)
        if may and answer.status == 404:
            assert NO_WORKSPACE not in answer.body["detail"], route
    for route, answer in await asyncio.gather(*(called(caller, each, "") for each in OWNERS)):
        assert answer.status == 403, (route, answer.body)


async def test_strangers_and_other_workspaces_are_told_that_there_is_none(town: Town) -> None:
    workspace, other = await town.workspace(), await town.workspace()
    callers = [
        await town.person(other, "admin"), await town.person(), await town.key(other, "admin"),
        await town.person(owner=True),
    ]  # fmt: skip
    for caller in callers:
        for route, answer in await asyncio.gather(*(called(caller, each, workspace) for each in WITHIN)):
            assert answer.status == 404, (route, answer.body)
            assert NO_WORKSPACE in answer.body["detail"], route
    closed = [each for each in LEAST if LEAST[each] != "anybody"]
    for route, answer in await asyncio.gather(*(called(town.anybody(), each, workspace) for each in closed)):
        assert answer.status == 401, (route, answer.body)


async def test_ids_of_another_workspace_lead_nowhere(town: Town) -> None:
    """As admin of one's own workspace, with everything of another one in the path."""
    own, other = await town.workspace(), await town.workspace()
    there, here = await town.person(other, "admin"), await town.person(own, "admin")
    graph = {"nodes": [{"id": "a", "type": "noop"}]}
    flow = await there.workflow(graph)
    run = (await there.post(f"/workflows/{flow}/runs")).body["id"]
    key = (await there.post("/api-keys", {"name": "k", "role": "viewer"})).body["id"]
    invitation = (await there.post("/invitations", {"email": "x@y.z", "role": "viewer"})).body["id"]
    ids = {"workflow_id": flow, "run_id": run, "node_id": "a", "key_id": key, "invitation_id": invitation,
           "user_id": there.id}  # fmt: skip
    bodies = {
        "PATCH": {"role": "viewer"}, "PUT": {"role": "viewer"}, "decide": {"decision": "approve"},
        "skip": {"output": 1}, "cancel": {}, f"PUT {FLOW}": {"rev": 1},
    }  # fmt: skip
    known = {"workspace_id", "number", *ids}
    with_ids = [
        each
        for each in WITHIN
        if {"workspace_id", "number"} < {"number", *re.findall(r"\{(\w+)\}", each)} <= known
    ]
    assert len(with_ids) > 25
    for route in with_ids:
        method, path = filled(route, own, {"number": "1", **ids})
        body = bodies.get(route) or bodies.get(route.rsplit("/", 1)[1]) or bodies.get(method)
        answer = await here.call(method, path, body if method != "GET" else None)
        assert answer.status == 404, (route, answer.status, answer.body)
    assert (await there.get(f"/runs/{run}")).status == 200
    assert [each["id"] for each in (await there.get("/api-keys")).body["items"]] == [key]
