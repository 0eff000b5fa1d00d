"""Alert rules, channels, alerts and deliveries over the API; connectors are played by the tests."""

from typing import Any

import pytest

from services.gateway.alerting.telling import deliver
from shared.contracts.alert import Alert, Notice
from shared.ids import made_id, now_ms
from shared.service import Service
from shared.storage.alerts import Alerts
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from tests.integration.gateway.api import Api, parts_of

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}
RULE = {"name": "Orders fail", "condition": {"kind": "failure"}}
HOOK = {"name": "Hook", "settings": {"kind": "webhook", "url": "https://hooks.example.com/weft"}}


async def made(api: Api, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(f"/alerts/{what}", body)
    assert answer.status == 201, answer.body
    return answer.body


def alert(number: int, **changes: Any) -> Alert:
    at = 1_700_000_000_000 + number
    fresh = Alert(
        id=made_id("alert", at, str(number)), workspace_id="default", rule_id="rule_1", rule_name="Orders",
        kind="failure", severity="warning", workflow_id="wf_1", run_id=f"run_{number}", said="It has failed.",
        at=at,
    )  # fmt: skip
    return fresh.model_copy(update=changes)


async def test_a_rule_is_made_changed_and_deleted(api: Api) -> None:
    workflow, channel = await api.workflow(GRAPH), await made(api, "channels", HOOK)
    rule = await made(api, "rules", {**RULE, "workflows": [workflow], "channels": [channel["id"]]})
    assert (rule["severity"], rule["cooldown_s"], rule["active"], rule["rev"]) == ("warning", 300, True, 1)
    assert (await api.get(f"/alerts/rules/{rule['id']}")).body == rule
    change = {**RULE, "condition": {"kind": "overdue", "after_s": 60}, "active": False, "rev": 1}
    changed = await api.put(f"/alerts/rules/{rule['id']}", change)
    assert (changed.status, changed.body["rev"], changed.body["workflows"]) == (200, 2, [])
    assert changed.body["condition"] == {"kind": "overdue", "after_s": 60}
    (await api.put(f"/alerts/rules/{rule['id']}", change)).refused(409, "stale_revision")
    assert rule["id"] in [each["id"] for each in (await api.get("/alerts/rules")).body["items"]]
    assert (await api.call("DELETE", f"/alerts/rules/{rule['id']}")).status == 204
    (await api.get(f"/alerts/rules/{rule['id']}")).refused(404, "not_found")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"workflows": ["wf_gone"]}, "workflows.0"),
        ({"channels": ["chan_gone"]}, "channels.0"),
        ({"condition": {"kind": "magic"}}, "condition"),
        ({"condition": {"kind": "cost"}}, "condition.cost.more_than_usd"),
        ({"condition": {"kind": "failure", "workspace_id": "x"}}, "condition.failure.workspace_id"),
        ({"cooldown_s": -1}, "cooldown_s"),
        ({"id": "rule_1"}, "id"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(api: Api, change: dict[str, Any], path: str) -> None:
    code = "unknown_reference" if path.endswith(".0") else "invalid_request"
    refused = (await api.post("/alerts/rules", {**RULE, **change})).refused(422, code)
    assert [each["path"] for each in refused.body["errors"]] == [path]


async def test_secrets_of_channels_are_never_shown_again(api: Api, gateway_store: Store) -> None:
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    hook = await made(api, "channels", {**HOOK, "settings": {**HOOK["settings"], "secrets": [key]}})
    chat = {"kind": "slack", "url": "https://hooks.slack.com/services/T0/MfKQ9r8GKYqr"}
    slack = await made(api, "channels", {"name": "Chat", "settings": chat})
    mail = {"kind": "email", "host": "mail.example.com", "user": "weft", "password": "MfKQ9r8GKYqr",
            "sender": "Weft <weft@example.com>", "to": ["ada@example.com"]}  # fmt: skip
    email = await made(api, "channels", {"name": "Mail", "settings": mail})
    shown = [await api.get(f"/alerts/channels/{each['id']}") for each in (hook, slack, email)]
    listed = await api.get("/alerts/channels")
    stored = await gateway_store["alert_channels"].find({"workspace_id": "default"})
    said = str([hook["settings"], slack, email, [each.body for each in shown], listed.body, stored])
    assert "MfKQ9r8GKYqr" not in said
    assert hook["secret"] is None
    assert slack["settings"] == {"kind": "slack", "host": "hooks.slack.com"}
    assert email["settings"]["port"] == 587
    assert all(each.body["secret_set"] for each in shown)


async def test_a_signing_key_that_weft_makes_is_told_once(api: Api) -> None:
    hook = await made(api, "channels", HOOK)
    assert hook["secret"].startswith("whsec_")
    assert "secret" not in (await api.get(f"/alerts/channels/{hook['id']}")).body
    renamed = await api.put(f"/alerts/channels/{hook['id']}", {**HOOK, "name": "New", "rev": 1})
    assert (renamed.body["name"], renamed.body["secret_set"]) == ("New", True)
    assert "secret" not in renamed.body


async def test_a_password_is_wanted_again_for_another_server(api: Api) -> None:
    mail = {"kind": "email", "host": "mail.example.com", "user": "weft", "sender": "w@example.com",
            "to": ["ada@example.com"]}  # fmt: skip
    (await api.post("/alerts/channels", {"name": "M", "settings": mail})).refused(422, "secret_needed")
    made_one = await made(api, "channels", {"name": "M", "settings": {**mail, "password": "pa55word"}})
    moved = {"name": "M", "settings": {**mail, "host": "evil.example.com"}, "rev": 1}
    (await api.put(f"/alerts/channels/{made_one['id']}", moved)).refused(422, "secret_needed")


async def test_a_channel_in_use_stays(api: Api) -> None:
    channel = await made(api, "channels", HOOK)
    rule = await made(api, "rules", {**RULE, "channels": [channel["id"]]})
    refused = (await api.call("DELETE", f"/alerts/channels/{channel['id']}")).refused(409, "channel_in_use")
    assert "Orders fail" in refused.body["detail"]
    await api.call("DELETE", f"/alerts/rules/{rule['id']}")
    assert (await api.call("DELETE", f"/alerts/channels/{channel['id']}")).status == 204


async def test_tests_of_channels_and_rules_say_what_became_of_them(api: Api, gateway_store: Store) -> None:
    first, second = await made(api, "channels", HOOK), await made(api, "channels", HOOK)
    rule = await made(api, "rules", {**RULE, "channels": [first["id"], second["id"]]})
    waiting = await api.post(f"/alerts/channels/{first['id']}/test?wait=0")
    [test] = waiting.body["deliveries"]
    assert (test["status"], test["kind"], test["most_attempts"]) == ("waiting", "test", 1)
    both = await api.post(f"/alerts/rules/{rule['id']}/test?wait=0")
    assert {each["channel_id"] for each in both.body["deliveries"]} == {first["id"], second["id"]}
    bare = await made(api, "rules", RULE)
    (await api.post(f"/alerts/rules/{bare['id']}/test")).refused(409, "no_channels")
    (await api.post("/alerts/channels/chan_gone/test")).refused(404, "not_found")
    stored = await Deliveries(gateway_store).get("default", test["id"])
    assert stored
    assert stored.next_at, "planners see to it"


async def test_alerts_are_found_and_seen_to(api: Api, gateway_store: Store) -> None:
    critical = alert(1, severity="critical", workflow_id="wf_2")
    await Alerts(gateway_store).insert(
        [alert(0), critical, alert(2, rule_id="rule_2"), alert(3, workspace_id="other")]
    )

    async def found(query: str) -> list[str]:
        return [each["run_id"] for each in (await api.get(f"/alerts?{query}")).body["items"]]

    assert await found("") == ["run_2", "run_1", "run_0"]
    assert await found("severity=critical") == ["run_1"]
    assert await found("rule_id=rule_2") == ["run_2"]
    assert await found("workflow_id=wf_2&status=open") == ["run_1"]
    assert await found("since=2023-11-14T22:13:20.001Z&until=2023-11-14T22:13:20.002Z") == ["run_1"]
    page = (await api.get("/alerts?limit=2")).body
    assert await found(f"cursor={page['next']}") == ["run_0"]
    seen = await api.post(f"/alerts/{critical.id}/acknowledge", {"note": "known"})
    again = await api.post(f"/alerts/{critical.id}/acknowledge")
    assert (seen.body["status"], seen.body["note"], again.body) == ("acknowledged", "known", seen.body)
    assert seen.body["acknowledged_by"]
    assert await found("status=acknowledged") == ["run_1"]
    for other in (alert(3).id, "alert_gone"):
        (await api.get(f"/alerts/{other}")).refused(404, "not_found")
        (await api.post(f"/alerts/{other}/acknowledge")).refused(404, "not_found")


async def test_deliveries_are_seen_and_sent_again(api: Api, gateway_store: Store) -> None:
    about, at = alert(9), now_ms()
    await Alerts(gateway_store).insert([about])
    notice = Notice(kind="alert", title="t", text="t", at=at, workspace_id="default", alert=about)
    lost = Delivery(
        id="dlv_9", workspace_id="default", channel_id="chan_9", alert_id=about.id, notice=notice,
        status="failed", attempts=12, most_attempts=12, error="no answer", next_at=None, created_at=at,
    )  # fmt: skip
    there = lost.model_copy(update={"id": "dlv_8", "status": "delivered"})
    await Deliveries(gateway_store).insert([lost, there])
    [listed] = (await api.get("/alerts/deliveries?status=failed&channel_id=chan_9")).body["items"]
    assert (listed["error"], listed["attempts"]) == ("no answer", 12)
    with_deliveries = (await api.get(f"/alerts/{about.id}")).body
    assert {each["id"] for each in with_deliveries["deliveries"]} == {"dlv_8", "dlv_9"}
    again = await api.post("/alerts/deliveries/dlv_9/retry")
    assert (again.body["status"], again.body["attempts"]) == ("waiting", 0)
    (await api.post("/alerts/deliveries/dlv_8/retry")).refused(409, "delivered")
    (await api.post("/alerts/deliveries/dlv_0/retry")).refused(404, "not_found")


async def test_the_gateway_can_have_a_mail_sent(gateway: Service, gateway_store: Store) -> None:
    delivery_id = await deliver(parts_of(gateway), "ada@example.com", "Welcome", "Join us")
    stored = await Deliveries(gateway_store).load(delivery_id)
    assert stored
    assert (stored.to, stored.channel_id, stored.notice.kind) == ("ada@example.com", None, "message")
