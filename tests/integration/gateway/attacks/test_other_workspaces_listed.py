"""Cross-workspace access: nothing of another workspace is in what one lists or looks for."""

from tests.integration.gateway.attacks.elsewhere import strange, told
from tests.integration.gateway.attacks.scene import MARK, Scene
from tests.integration.gateway.attacks.walk import WORKSPACE, routes
from tests.integration.gateway.identity.people import Town


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
