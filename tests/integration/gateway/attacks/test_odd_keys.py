"""Keys and names that a store would take for something else are kept, and read as they were sent."""

import orjson
import pytest

from shared.contracts.value import from_json
from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.scene import GRAPH, Scene, asked_for, furnished, made
from tests.integration.gateway.attacks.walk import found
from tests.integration.gateway.hooks import send
from tests.integration.gateway.identity.people import Town

ODD = {"$ne": "", "a.b": 1, "a[0]": {"$where": "1", "": [{"$gt": ""}]}, "nul\0": None, "$set": {"_id": 1}}
"""Keys that a store would take for something else."""


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


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
