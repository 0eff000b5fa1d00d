"""Triggers over the REST API; the planner is played by the tests."""

import asyncio
from typing import Any

import pytest

from shared.storage.mongo import Store
from shared.storage.triggers import Triggers
from tests.integration.gateway.api import Api
from tests.integration.gateway.triggers import GRAPH, HOURLY, NIGHTLY, create, made


def put_back(trigger: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What is sent to replace a trigger by itself, with these changes."""
    fields = ("name", "version", "lane", "mapping", "conditions", "rev")
    config = {key: value for key, value in trigger["config"].items() if value is not None}
    return {**{field: trigger[field] for field in fields}, "config": config, **changes}


async def test_a_schedule_is_created_read_and_listed(api: Api) -> None:
    mapping = {"at": "scheduled_at", "$where": 'event["a.b"]'}
    conditions = [{"path": "scheduled_at", "operator": "not_equals", "value": {"$ne": ""}}]
    trigger = await made(api, NIGHTLY, mapping=mapping, conditions=conditions, lane="high")
    assert trigger["config"] == {**NIGHTLY, "preset": None, "missed": "one", "from": None, "until": None}
    assert (trigger["kind"], trigger["active"], trigger["mapping"]) == ("schedule", True, mapping)
    assert trigger["conditions"] == conditions
    assert trigger["next_at"][11:] in ("00:30:00.000Z", "01:30:00.000Z")
    assert (await api.get(f"/triggers/{trigger['id']}")).body == trigger
    listed = await api.get(f"/triggers?workflow_id={trigger['workflow_id']}&kind=schedule&active=true")
    assert listed.body == {"items": [trigger], "next": None}
    for other in ("kind=continuous", "active=false", "workflow_id=wf_none"):
        found = (await api.get(f"/triggers?{other}")).body["items"]
        assert trigger["id"] not in [each["id"] for each in found]


@pytest.mark.parametrize(
    ("config", "where", "told"),
    [
        ({"kind": "schedule", "cron": "61 * * * *"}, "config.schedule.cron", "the minute '61'"),
        ({"kind": "schedule", "cron": "* *"}, "config.schedule.cron", "2 fields"),
        ({**NIGHTLY, "timezone": "Europe/Berlim"}, "config.schedule.timezone", "'Europe/Berlin'"),
        ({**NIGHTLY, "preset": "daily"}, "config.schedule", "`cron` or `preset`"),
        ({"kind": "schedule"}, "config.schedule", "`cron` or `preset`"),
        ({**NIGHTLY, "from": "9999-12-31T23:59:59Z"}, "config.schedule.from", "the year"),
        ({**NIGHTLY, "until": "2026-01-01T00:00:00"}, "config.schedule.until", "timezone"),
        ({**NIGHTLY, "next_at": 0}, "config.schedule.next_at", "unknown key"),
        ({"kind": "continuous", "min_gap_s": -1}, "config.continuous.min_gap_s", "greater"),
        ({"kind": "workflow", "on": "maybe"}, "config.workflow.on", "success"),
        ({"kind": "cron"}, "config", "schedule"),
    ],
)
async def test_what_is_wrong_with_a_config_is_said(
    api: Api, config: dict[str, Any], where: str, told: str
) -> None:
    answer = await create(api, config, workflow_id="wf_1")
    [fault] = answer.refused(422, "invalid_request").body["errors"]
    assert fault["path"] == where
    assert told in fault["message"]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"mapping": {"a": "body.items[x]"}}, "mapping.a"),
        ({"mapping": {"a": "__import__('os')"}}, "mapping.a"),
        ({"conditions": [{"path": "a b", "operator": "equals"}]}, "conditions.0.path"),
        ({"conditions": [{"path": "a", "operator": "$where"}]}, "conditions.0.operator"),
        ({"conditions": [{"path": "a", "operator": "in", "value": "b"}]}, "conditions.0"),
        ({"workspace_id": "another"}, "workspace_id"),
        ({"last_run_id": "run_1"}, "last_run_id"),
        ({"version": 0}, "version"),
    ],
)
async def test_nothing_else_may_be_sent(api: Api, more: dict[str, Any], where: str) -> None:
    answer = await create(api, NIGHTLY, workflow_id="wf_1", **more)
    assert [each["path"] for each in answer.refused(422, "invalid_request").body["errors"]] == [where]


async def test_what_a_trigger_names_has_to_be_there(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH)
    (await create(api, NIGHTLY, workflow_id="wf_none")).refused(404, "not_found")
    (await create(api, NIGHTLY, workflow_id=workflow_id, version=7)).refused(404, "not_found")
    follow = {"kind": "workflow", "workflow_id": "wf_none"}
    (await create(api, follow, workflow_id=workflow_id)).refused(404, "not_found")
    itself = await create(api, {**follow, "workflow_id": workflow_id}, workflow_id=workflow_id)
    assert "continuous" in itself.refused(422, "not_possible").body["detail"]
    (await api.get("/triggers/trg_none")).refused(404, "not_found")


async def test_it_is_replaced_over_the_revision_that_was_read(api: Api, gateway_store: Store) -> None:
    trigger = await made(api, NIGHTLY)
    path = f"/triggers/{trigger['id']}"
    triggers = Triggers(gateway_store)
    stored = (await triggers.load([trigger["id"]]))[trigger["id"]]
    fired = stored.model_copy(update={"last_run_id": "run_1", "next_at": 1_700_000_000_000})
    assert await triggers.save(fired, over=stored)
    saved = await api.put(path, put_back(trigger, name="Renamed"))
    assert saved.status == 200, saved.body
    assert (saved.body["name"], saved.body["rev"]) == ("Renamed", 2)
    assert (saved.body["last_run_id"], saved.body["next_at"]) == ("run_1", "2023-11-14T22:13:20.000Z")
    (await api.put(path, put_back(trigger))).refused(409, "stale_revision")
    kind = put_back(saved.body, config={"kind": "continuous"})
    (await api.put(path, kind)).refused(422, "not_possible")
    later = await api.put(path, put_back(saved.body, config={"kind": "schedule", "cron": "0 0 1 1 *"}))
    assert later.body["next_at"][4:] == "-01-01T00:00:00.000Z"


async def test_of_two_who_replace_it_at_once_one_is_told(api: Api) -> None:
    trigger = await made(api, NIGHTLY)
    puts = [api.put(f"/triggers/{trigger['id']}", put_back(trigger, name=f"n{n}")) for n in range(4)]
    assert sorted(each.status for each in await asyncio.gather(*puts)) == [200, 409, 409, 409]


async def test_it_is_paused_resumed_and_deleted(api: Api) -> None:
    trigger = await made(api, HOURLY)
    path = f"/triggers/{trigger['id']}"
    paused = (await api.post(f"{path}/pause")).body
    assert (paused["active"], paused["next_at"], paused["rev"]) == (False, None, 2)
    assert (await api.post(f"{path}/pause")).body == paused
    resumed = (await api.post(f"{path}/resume")).body
    assert (resumed["active"], resumed["next_at"]) == (True, trigger["next_at"])
    assert (await api.call("DELETE", path)).status == 204
    (await api.get(path)).refused(404, "not_found")
    (await api.post(f"{path}/resume")).refused(404, "not_found")


async def test_triggers_are_found_in_their_workspace_only(api: Api, gateway_store: Store) -> None:
    trigger = await made(api, NIGHTLY)
    triggers = Triggers(gateway_store)
    stored = (await triggers.load([trigger["id"]]))[trigger["id"]]
    await triggers.insert(stored.model_copy(update={"id": "trg_elsewhere", "workspace_id": "another"}))
    (await api.get("/triggers/trg_elsewhere")).refused(404, "not_found")
    (await api.call("DELETE", "/triggers/trg_elsewhere")).refused(404, "not_found")
    assert "trg_elsewhere" not in [each["id"] for each in (await api.get("/triggers")).body["items"]]
    assert await triggers.get("another", "trg_elsewhere")
