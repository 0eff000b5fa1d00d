"""What there is in the workspace that Schemathesis is let loose on."""

from typing import Any

from shared.signals import token
from shared.storage.mongo import Store
from tests.fuzz import runs, stored
from tests.fuzz.settings import Ids
from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.identity.people import Town

KINDS = ("", "changed ", "doomed ")
HOOK = {"kind": "webhook", "methods": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
ADDRESS = {"kind": "webhook", "url": "https://hooks.example.com/weft"}
CREDENTIAL = {"name": "C", "type": "http.bearer", "data": {"token": "x"}, "shared": {"workspace": True}}


class Things:
    """Makes them, and names their ids as the API does in its paths."""

    def __init__(self, api: Api, town: Town, planner: Planner, store: Store) -> None:
        self._api = api
        self._town = town
        self._planner = planner
        self._store = store

    async def make(self) -> Ids:
        """One of each, one of each that may be made over, and one of each that may be deleted."""
        found: dict[str, list[Any]] = {"workspace_id": ["default"], "workspace": ["default"], "number": [1]}
        for kind in KINDS:
            found |= {kind + name: [one] for name, one in (await self._made(kind.strip())).items()}
        flow, waiting = found["workflow_id"][0], found["run_id"][0]
        await stored.exemplary(self._store, flow)
        secret = (await self._planner.runs.load([waiting]))[waiting].secret
        daily = {"workflow_id": flow, "name": "D", "config": {"kind": "schedule", "preset": "daily"}}
        return {
            **found,
            "run_id": [waiting, await runs.failed_run(self._api, self._planner)],
            "node_id": ["a", "ask", "paid"],
            "daily": [(await self._new("/triggers", daily))["id"]],
            "waiting_run": [waiting],
            "review_node": ["ask"],
            "signal_node": ["paid"],
            "signal": [token(secret, "paid")],
            "rev": [1, 2, 3],
        }

    async def _made(self, kind: str) -> dict[str, str]:
        flow = await self._api.workflow(runs.GRAPH)
        trigger = await self._new("/triggers", {"workflow_id": flow, "name": "T", "config": HOOK})
        channel = await self._new("/alerts/channels", {"name": "C", "settings": ADDRESS})
        rule = {"name": "R", "condition": {"kind": "failure"}, "channels": [] if kind else [channel["id"]]}
        invited = {"email": f"x{kind}@example.com", "role": "viewer"}
        address = trigger["hook"]["url"].rsplit("/", 1)[1]
        event = await self._api.post(f"/api/v1/hooks/{address}", {"order": 7})
        return {
            "workflow_id": flow,
            "run_id": await runs.waiting_run(self._api, self._planner),
            "trigger_id": trigger["id"],
            "token": address,
            "event_id": event.body["event_id"],
            "channel_id": channel["id"],
            "rule_id": (await self._new("/alerts/rules", rule))["id"],
            "alert_id": await stored.alert(self._store),
            "delivery_id": await stored.delivery(self._store, channel["id"]),
            "credential_id": (await self._new("/credentials", CREDENTIAL))["id"],
            "key_id": (await self._new("/api-keys", {"name": "K", "role": "viewer"}))["id"],
            "invitation_id": (await self._new("/invitations", invited))["id"],
            "name": (await self._new("/variables", {"name": f"x{kind}", "value": 1}))["name"],
            "user_id": (await self._town.person("default", "editor")).id,
        }

    async def _new(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._api.post(path, body)
        assert answer.status == 201, answer.body
        return answer.body
