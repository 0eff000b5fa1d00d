"""A workspace with one of everything that can be kept in it."""

from dataclasses import dataclass
from typing import Any

from shared.contracts.alert import Alert, Notice
from shared.contracts.identity import Grant
from shared.contracts.run import Run
from shared.ids import made_id, now_ms
from shared.storage.deliveries import Delivery
from tests.integration.gateway.api import Planner
from tests.integration.gateway.hooks import send
from tests.integration.gateway.identity.people import Person, Town

MARK = "Xanadu"
"""What all names and values of the workspace hold, for it to be known elsewhere."""
GRAPH = {"nodes": [{"id": "Xanadu_node", "type": "set", "name": MARK, "config": {"values": {"x": MARK}}}]}
SHOP = {"name": MARK, "type": "shop.key", "data": {"key": "k"}, "shared": {"workspace": True}}
SIGN_IN = {
    "name": MARK, "type": "shop.sign_in",
    "data": {"grant": "authorization_code", "authorize_url": "https://shop.example/", "client_id": "c"},
}  # fmt: skip
RULE = {"name": MARK, "condition": {"kind": "failure"}}
CHANNEL = {"name": MARK, "settings": {"kind": "webhook", "url": "https://hooks.example.com/Xanadu"}}
AT = 1_700_000_000_000


@dataclass(frozen=True)
class Scene:
    """The workspace, its admin, and what is in it: by the names of the places in paths."""

    workspace: str
    admin: Person
    ids: dict[str, str]
    state: str


async def furnished(town: Town, planner: Planner) -> Scene:
    """A new workspace with everything."""
    workspace = await town.workspace()
    admin, member = await town.person(workspace, "admin"), await town.person(workspace, "editor")
    flow, name = await admin.workflow(GRAPH), f"{MARK}_{workspace[-6:]}"
    grant = Grant(workspace_id=workspace, workflow_id=flow, user_id=member.id, role="viewer", created_at=AT)
    await town.parts.directory.grants.put(grant)
    ids = {"workflow_id": flow, "user_id": member.id, "name": name, "node_id": "Xanadu_node"}
    ids |= await _runs(admin, planner, flow) | await _alerts(town, admin, workspace, flow)
    await made(admin, "/variables", {"name": name, "value": MARK})
    ids["credential_id"] = (await made(admin, "/credentials", SIGN_IN))["id"]
    ids["shop_key_id"] = (await made(admin, "/credentials", SHOP))["id"]
    ids["key_id"] = (await made(admin, "/api-keys", {"name": MARK, "role": "viewer"}))["id"]
    asked_in = {"email": f"{MARK}{workspace[-6:]}@example.com", "role": "viewer"}
    ids["invitation_id"] = (await made(admin, "/invitations", asked_in))["id"]
    begun = await admin.post(f"/credentials/{ids['credential_id']}/authorize")
    return Scene(workspace, admin, ids, begun.body["url"].partition("state=")[2].partition("&")[0])


async def made(person: Person, path: str, body: Any) -> dict[str, Any]:
    """What a POST has made."""
    answer = await person.post(path, body)
    assert answer.status in (201, 202), answer.body
    return answer.body


async def _runs(admin: Person, planner: Planner, flow: str) -> dict[str, str]:
    """A run, and a webhook that has started another."""
    run = await made(admin, f"/workflows/{flow}/runs", {"input": MARK})
    await planner.next_run()
    hook = {"workflow_id": flow, "name": MARK, "config": {"kind": "webhook"}}
    trigger = await made(admin, "/triggers", hook)
    path = trigger["hook"]["url"].partition("/api/")[2]
    event = await send(f"{admin.root}/api/{path}", f'"{MARK}"'.encode())
    await planner.next_run()
    daily = {"workflow_id": flow, "name": MARK, "config": {"kind": "schedule", "preset": "daily"}}
    return {"run_id": run["id"], "trigger_id": trigger["id"], "event_id": event.body["event_id"],
            "schedule_id": (await made(admin, "/triggers", daily))["id"]}  # fmt: skip


async def _alerts(town: Town, admin: Person, workspace: str, flow: str) -> dict[str, str]:
    """A rule, a channel, an alert and its delivery."""
    channel = (await made(admin, "/alerts/channels", CHANNEL))["id"]
    rule = (await made(admin, "/alerts/rules", {**RULE, "workflows": [flow], "channels": [channel]}))["id"]
    alert = Alert(
        id=made_id("alert", AT, workspace), workspace_id=workspace, rule_id=rule, rule_name=MARK,
        kind="failure", severity="warning", workflow_id=flow, run_id=f"run_{MARK}", said=MARK, at=now_ms(),
    )  # fmt: skip
    await town.parts.alerts.insert([alert])
    notice = Notice(kind="alert", title=MARK, text=MARK, at=AT, workspace_id=workspace, alert=alert)
    delivery = Delivery(
        id=f"dlv_{alert.id}", workspace_id=workspace, channel_id=channel, alert_id=alert.id, notice=notice,
        most_attempts=1, status="failed", error=MARK, next_at=None, created_at=AT,
    )  # fmt: skip
    await town.parts.deliveries.insert([delivery])
    return {"rule_id": rule, "channel_id": channel, "alert_id": alert.id, "delivery_id": delivery.id}


async def asked_for(planner: Planner, run_id: str) -> Run:
    """The run that the planner is asked for, and that others were asked for before."""
    while (run := await planner.next_run()).id != run_id:
        pass
    return run
