"""Plans and what is used of them, over the API."""

import asyncio
from typing import Any

from tests.integration.gateway.api import Answer, Api, Planner

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}


async def on(api: Api, plan: str) -> None:
    changed = await api.put("/api/v1/workspace-plans/default", {"plan": plan})
    assert (changed.status, changed.body["plan"]["name"]) == (200, plan), changed.body


async def test_a_limit_is_reached_exactly_and_said_so(api: Api, planner: Planner) -> None:
    before = (await api.get("/usage")).body
    assert (before["plan"]["name"], before["runs_per_month"]["limit"]) == ("self_hosted", None)
    before_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    assert (await planner.asked_for(before_id)).max_parallel is None
    await on(api, "teams")
    used = (await api.get("/usage")).body["runs_per_month"]["used"]
    found = await asyncio.gather(*(api.post("/runs", {"graph": GRAPH}) for _ in range(110)))
    assert [each.status for each in found].count(202) == 100 - used
    refused = next(each for each in found if each.status != 202).refused(403, "quota_exceeded")
    assert refused.body["detail"].startswith("The plan Teams allows 100 runs a month, and 100 have been")
    assert [each["path"] for each in refused.body["errors"]] == ["runs_per_month"]
    after = (await api.get("/usage")).body["runs_per_month"]
    assert (after["used"], after["limit"], after["resets_at"][8:]) == (100, 100, "01T00:00:00.000Z")
    left, clamped = {each.body["id"] for each in found if each.status == 202}, set[int | None]()
    while left:
        run = await planner.next_run()
        clamped |= {run.max_parallel} if run.id in left else set()
        left -= {run.id}
    assert clamped == ({1} if used < 100 else set()), "used up by others already"
    dry = await api.post("/runs", {"graph": GRAPH, "dry": True})
    assert dry.status == 202
    await on(api, "self_hosted")
    assert (await api.post("/runs", {"graph": GRAPH})).status == 202


async def test_the_same_request_twice_counts_once(api: Api) -> None:
    first = await api.post("/runs", {"graph": GRAPH}, headers={"Idempotency-Key": "twice"})
    await on(api, "teams")
    used = (await api.get("/usage")).body["runs_per_month"]["used"]
    await asyncio.gather(*(api.post("/runs", {"graph": GRAPH}) for _ in range(100 - used)))
    (await api.post("/runs", {"graph": GRAPH})).refused(403, "quota_exceeded")
    again = await api.post("/runs", {"graph": GRAPH}, headers={"Idempotency-Key": "twice"})
    assert (again.status, again.body["id"]) == (202, first.body["id"])
    await on(api, "self_hosted")


async def test_plans_are_listed_and_unknown_ones_refused(api: Api) -> None:
    listed = (await api.get("/api/v1/plans")).body["items"]
    assert [each["name"] for each in listed] == ["enterprise", "free", "self_hosted", "teams"]
    gold = await api.put("/api/v1/workspace-plans/default", {"plan": "gold"})
    refused = gold.refused(422, "unknown_plan")
    assert "there are enterprise, free, self_hosted, teams" in refused.body["detail"]


async def test_triggers_are_limited_in_kind_and_number(api: Api) -> None:
    await on(api, "teams")
    schedule = {"kind": "schedule", "cron": "0 0 1 1 *", "timezone": "UTC"}
    workflows = [await api.workflow(GRAPH) for _ in range(6)]

    async def trigger(workflow_id: str, config: dict[str, Any], **more: Any) -> Answer:
        wanted = {"name": "t", "workflow_id": workflow_id, "config": config, **more}
        return await api.post("/triggers", wanted)

    found = await asyncio.gather(*(trigger(each, schedule) for each in workflows))
    assert sorted(each.status for each in found) == [201] * 5 + [403]
    refused = next(each for each in found if each.status == 403).refused(403, "quota_exceeded")
    assert "allows 5 active workflows, and 5 have an active trigger" in refused.body["detail"]
    made = [each.body for each in found if each.status == 201]
    assert (await trigger(made[0]["workflow_id"], schedule)).status == 201, "it is active already"
    left_out = next(iter({*workflows} - {each["workflow_id"] for each in made}))
    paused = await trigger(left_out, schedule, active=False)
    (await api.post(f"/triggers/{paused.body['id']}/resume")).refused(403, "quota_exceeded")
    (await trigger(left_out, {"kind": "continuous"}, active=False)).refused(403, "quota_exceeded")
    assert (await api.get("/usage")).body["active_workflows"] == {"used": 5, "limit": 5}
    await on(api, "self_hosted")
    assert (await api.post(f"/triggers/{paused.body['id']}/resume")).status == 200


async def test_where_the_plan_shares_nothing_nobody_is_invited(api: Api) -> None:
    await on(api, "free")
    wanted = {"email": "eve@example.com", "role": "viewer"}
    (await api.post("/invitations", wanted)).refused(403, "quota_exceeded")
    await on(api, "self_hosted")
    assert (await api.post("/invitations", wanted)).status == 201
