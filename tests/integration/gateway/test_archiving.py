"""An archived workflow's triggers of every kind start nothing, and go on once it is restored."""

from typing import Any

from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.triggers import Triggers
from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.hooks import send
from tests.integration.gateway.triggers import GRAPH, HOURLY, made

FAR = 10_000_000_000_000


async def ids(api: Api, query: str) -> set[str]:
    return {each["id"] for each in (await api.get(f"/triggers?limit=200&{query}")).body["items"]}


async def starting(store: Store, flow: str, watched: str) -> set[str]:
    """What planners would start runs of this workflow for, now or later."""
    found = [*await Triggers(store).due(FAR, 1000), *await Triggers(store).following([watched])]
    return {each.id for each in found if each.workflow_id == flow}


async def of_each_kind(api: Api, flow: str, watched: str) -> dict[str, dict[str, Any]]:
    """A trigger of each kind, and one that somebody has paused."""
    configs: dict[str, dict[str, Any]] = {
        "schedule": HOURLY,
        "continuous": {"kind": "continuous"},
        "workflow": {"kind": "workflow", "workflow_id": watched, "on": "any"},
        "webhook": {"kind": "webhook", "auth": {"kind": "none"}},
    }
    kinds = {kind: await made(api, each, workflow_id=flow) for kind, each in configs.items()}
    return {**kinds, "paused": await made(api, HOURLY, workflow_id=flow, active=False)}


async def test_triggers_of_every_kind_rest_while_their_workflow_is_archived(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    flow, watched = await api.workflow(GRAPH), await api.workflow(GRAPH)
    kinds = await of_each_kind(api, flow, watched)
    clocked = {kinds[each]["id"] for each in ("schedule", "continuous", "workflow")}
    live, url = clocked | {kinds["webhook"]["id"]}, kinds["webhook"]["hook"]["url"]
    assert await starting(gateway_store, flow, watched) == clocked
    assert (await send(url)).status < 300
    assert (await planner.next_run()).workflow_id == flow
    assert (await api.call("DELETE", f"/workflows/{flow}")).status == 204
    assert await starting(gateway_store, flow, watched) == set()
    assert (await send(url)).status == 404
    assert live <= await ids(api, f"workflow_id={flow}&active=false")
    for each in live:
        shown = (await api.get(f"/triggers/{each}")).body
        assert (shown["active"], shown["held"], shown["next_at"]) == (True, True, None)
        resumed = (await api.post(f"/triggers/{each}/resume")).body
        assert resumed["held"], "that is not what it waits for"
    assert await starting(gateway_store, flow, watched) == set()
    assert [each["id"] for each in (await api.get("/workflows?archived=true")).body["items"]] == [flow]

    before = now_ms()
    restored = await api.post(f"/workflows/{flow}/restore")
    assert (restored.status, restored.body["id"], restored.body["latest"]) == (200, flow, 1)
    assert await ids(api, f"workflow_id={flow}&active=true") == live
    assert await starting(gateway_store, flow, watched) == clocked, "and not what somebody had paused"
    stored = await Triggers(gateway_store).load([kinds["continuous"]["id"], kinds["schedule"]["id"]])
    assert all((each.next_at or 0) >= before for each in stored.values()), "nothing is made up for"
    assert (await send(url)).status < 300
    assert (await planner.next_run()).workflow_id == flow
    again = await api.post(f"/workflows/{flow}/restore")
    assert (again.status, again.body["rev"]) == (200, restored.body["rev"])
    (await api.post("/workflows/wf_none/restore")).refused(404, "not_found")


async def test_one_that_is_paused_meanwhile_stays_so(api: Api, gateway_store: Store) -> None:
    flow = await api.workflow(GRAPH)
    trigger = await made(api, HOURLY, workflow_id=flow)
    await api.call("DELETE", f"/workflows/{flow}")
    await api.post(f"/triggers/{trigger['id']}/pause")
    assert (await api.post(f"/workflows/{flow}/restore")).status == 200
    shown = (await api.get(f"/triggers/{trigger['id']}")).body
    assert (shown["active"], shown["held"], shown["next_at"]) == (False, False, None)
