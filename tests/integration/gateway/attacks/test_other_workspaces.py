"""Cross-workspace access: as admin of one workspace, with the ids of all that another one has in the path."""

import asyncio

from shared.storage.mongo import Store
from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.elsewhere import ELSEWHERE, call, kept, strange, told
from tests.integration.gateway.attacks.scene import Scene
from tests.integration.gateway.attacks.walk import WORKSPACE, Route, routes


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
    deeper = [each for each in named if set() < set(own.ids) & {*each.places} < {*each.places} - ELSEWHERE]
    assert len(deeper) >= 4  # theirs below one's own
    await asyncio.gather(*(both(each, own.ids) for each in deeper))
    assert await kept(gateway_store, other) == before
    assert planner.requested.empty()
    assert planner.controls.empty()


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
