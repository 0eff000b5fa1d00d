"""Who may see alerts, see to them, and have people told: by role, and by grant for a workflow."""

from typing import Any

import pytest

from services.gateway.identity.keys import hashed, new_key
from shared.contracts.alert import Notice
from shared.contracts.identity import ROLES, ApiKey, Grant, Member, Role, User
from shared.storage.alerts import Alerts
from shared.storage.api_keys import ApiKeys
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.storage.people import Users
from shared.storage.workspaces import Grants, Members
from tests.builders import NOW
from tests.integration.gateway.api import Api
from tests.integration.gateway.test_alerts import HOOK, RULE, alert

AsWho = dict[str, Any]


async def key(store: Store, **more: Any) -> AsWho:
    """The options of a call with a key of that kind."""
    key_id, text = new_key()
    await ApiKeys(store).insert(ApiKey(id=key_id, name="t", hash=hashed(text), created_at=NOW, **more))
    return {"headers": {"Authorization": f"Bearer {text}"}}


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", (200, 403, 403)), ("runner", (200, 200, 403)), ("editor", (200, 200, 201))]
)
async def test_roles(api: Api, gateway_store: Store, role: Role, may: tuple[int, int, int]) -> None:
    found = alert(100 + ROLES.index(role))
    await Alerts(gateway_store).insert([found])
    who = await key(gateway_store, kind="workspace", workspace_id="default", role=role)
    answers = [
        await api.get("/alerts", **who),
        await api.post(f"/alerts/{found.id}/acknowledge", **who),
        await api.post("/alerts/channels", HOOK, **who),
    ]
    assert tuple(each.status for each in answers) == may


async def test_what_is_hidden_from_somebody_is_hidden_in_alerts_too(api: Api, gateway_store: Store) -> None:
    mine, hidden = alert(5001, workflow_id="wf_mine"), alert(5002, workflow_id="wf_hidden")
    await Alerts(gateway_store).insert([mine, hidden])
    notices = [Notice(kind="alert", title="t", text="t", at=NOW, workspace_id="default", alert=each)
               for each in (mine, hidden)]  # fmt: skip
    await Deliveries(gateway_store).insert(
        [Delivery(id=f"dlv_{each.alert.id}", workspace_id="default", channel_id="chan_seen", notice=each,
                  most_attempts=1, status="failed", next_at=None, created_at=NOW)
         for each in notices if each.alert]
    )  # fmt: skip
    user = User(id="user_eve", email="eve@example.com", created_at=NOW)
    assert await Users(gateway_store).insert(user)
    member = Member(workspace_id="default", user_id=user.id, role="editor", created_at=NOW)
    await Members(gateway_store).insert(member)
    await Grants(gateway_store).put(
        Grant(workspace_id="default", workflow_id="wf_hidden", user_id=user.id, role="none", created_at=NOW)
    )
    who = await key(gateway_store, kind="personal", user_id=user.id)
    listed = (await api.get("/alerts?rule_id=rule_1&limit=200", **who)).body["items"]
    assert mine.id in [each["id"] for each in listed]
    assert hidden.id not in [each["id"] for each in listed]
    [sent] = (await api.get("/alerts/deliveries?channel_id=chan_seen", **who)).body["items"]
    assert sent["id"] == f"dlv_{mine.id}"
    for call in (
        api.get(f"/alerts/{hidden.id}", **who),
        api.post(f"/alerts/{hidden.id}/acknowledge", **who),
        api.post(f"/alerts/deliveries/dlv_{hidden.id}/retry", **who),
        api.post("/alerts/rules", {**RULE, "workflows": ["wf_hidden"]}, **who),
    ):
        (await call).refused(404, "not_found")
    (await api.post("/alerts/rules", RULE, **who)).refused(403, "forbidden")


async def test_another_workspaces_alerts_do_not_exist(api: Api, gateway_store: Store) -> None:
    who = await key(gateway_store, kind="workspace", workspace_id="other", role="admin")
    assert (await api.get("/alerts", **who)).status == 404
