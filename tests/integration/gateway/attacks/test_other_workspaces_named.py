"""Cross-workspace access: what another workspace has, named in bodies, queries, keys and values."""

from typing import Any

import orjson

from shared.storage.mongo import Store
from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.elsewhere import HOOK, NOOP, kept, strange, told
from tests.integration.gateway.attacks.scene import MARK, RULE, SHOP, Scene, asked_for, made


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


async def test_what_it_has_stored_is_not_to_be_had_by_its_address_or_key(
    own: Scene, other: Scene, planner: Planner
) -> None:
    large = {"text": MARK * 10_000}
    keyed = {"headers": {"Idempotency-Key": f"key of {other.workspace}"}}
    first = await other.admin.post("/runs", {"graph": NOOP, "input": large}, **keyed)
    assert first.body["input"] == large
    (await other.admin.post("/runs", {"graph": NOOP}, **keyed)).refused(422, "idempotency_key_reused")
    run = await asked_for(planner, first.body["id"])
    asked = orjson.loads(run.input.model_dump_json())
    assert asked["ref"]
    second = await own.admin.post("/runs", {"graph": NOOP, "input": asked}, **keyed)
    assert (second.status, second.body["input"]) == (202, asked)
    assert (await asked_for(planner, second.body["id"])).version != run.version


async def test_a_sign_in_that_began_there_is_finished_there(own: Scene, other: Scene) -> None:
    fresh = await made(own.admin, "/credentials", {"name": "x", "type": "shop.sign_in", "data": {}})
    sent = {"state": other.state, "code": "c"}
    for caller, credential in ((own.admin, fresh["id"]), (own.admin, other.ids["credential_id"])):
        assert (await caller.post(f"/credentials/{credential}/connect", sent)).status == 404
    finished = await other.admin.post(f"/credentials/{other.ids['credential_id']}/connect", sent)
    assert finished.status in (503, 504), finished.body
