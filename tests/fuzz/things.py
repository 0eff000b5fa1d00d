"""What there is in the workspace that Schemathesis is let loose on."""

from typing import Any

from services.gateway.resources import WORKFLOW_ID
from shared.contracts.alert import Alert, Notice
from shared.contracts.credential import CredentialType
from shared.ids import new_id, now_ms
from shared.signals import token
from shared.storage import deliveries
from shared.storage.alerts import Alerts
from shared.storage.credential_types import CredentialTypes
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from shared.storage.workflows import Workflows
from tests.contract.nodes import TYPES
from tests.fuzz.settings import Ids
from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.identity.people import Town

GRAPH = {
    "nodes": [
        {"id": "a", "type": "noop"},
        {"id": "ask", "type": "review", "config": {"title": "Good?"}},
        {"id": "paid", "type": "signal"},
    ],
}
KINDS = ("", "changed ", "doomed ")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def known_types(store: Store) -> None:
    """The whole catalog of the runner, and a type of credential."""
    await NodeTypes(store).put([each.node_type for each in TYPES.values()])
    schema = {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}}
    bearer = CredentialType(type="http.bearer", title="Bearer", description="", data_schema=schema)
    await CredentialTypes(store).put([bearer])


class Things:
    """Makes them, and keeps their ids by the names that the API gives to those in its paths."""

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
        run = (await self._planner.runs.load(found["run_id"]))[found["run_id"][0]]
        daily = await self._daily(found["workflow_id"][0])
        await self._exemplary(found["workflow_id"][0])
        return {
            **found,
            "run_id": [run.id, await self._finished()],
            "trigger_id": [*found["trigger_id"], daily],
            "node_id": ["a", "ask", "paid"],
            "daily": [daily],
            "waiting_run": [run.id],
            "review_node": ["ask"],
            "signal_node": ["paid"],
            "signal": [token(run.secret, "paid")],
            "rev": [1, 2, 3],
        }

    async def _made(self, kind: str) -> dict[str, str]:
        flow = await self._api.workflow(GRAPH)
        hook = {"kind": "webhook", "methods": METHODS}
        address = {"kind": "webhook", "url": "https://hooks.example.com/weft"}
        invited = {"email": f"x{kind}@example.com", "role": "viewer"}
        trigger = await self._new("/triggers", {"workflow_id": flow, "name": "T", "config": hook})
        channel = await self._new("/alerts/channels", {"name": "C", "settings": address})
        rule = {"name": "R", "condition": {"kind": "failure"}, "channels": [] if kind else [channel["id"]]}
        return {
            "workflow_id": flow,
            "run_id": await self._run(),
            "trigger_id": trigger["id"],
            "token": trigger["hook"]["url"].rsplit("/", 1)[1],
            "event_id": await self._event(trigger),
            "channel_id": channel["id"],
            "rule_id": (await self._new("/alerts/rules", rule))["id"],
            "alert_id": await self._alert(),
            "delivery_id": await self._delivery(channel["id"]),
            "credential_id": (await self._new("/credentials", self._credential()))["id"],
            "key_id": (await self._new("/api-keys", {"name": "K", "role": "viewer"}))["id"],
            "invitation_id": (await self._new("/invitations", invited))["id"],
            "name": (await self._new("/variables", {"name": f"x{kind}", "value": 1}))["name"],
            "user_id": (await self._town.person("default", "editor")).id,
        }

    async def _exemplary(self, workflow_id: str) -> None:
        """The workflow that the examples of the document name."""
        workflows = Workflows(self._store)
        workflow = await workflows.get("default", workflow_id)
        assert workflow
        await workflows.insert(workflow.model_copy(update={"id": WORKFLOW_ID}))

    async def _new(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._api.post(path, body)
        assert answer.status == 201, answer.body
        return answer.body

    def _credential(self) -> dict[str, Any]:
        return {"name": "C", "type": "http.bearer", "data": {"token": "x"}, "shared": {"workspace": True}}

    async def _run(self) -> str:
        """One that is under way: a node to retry or skip, one to decide, one to signal."""
        waits = {
            "ask": {"kind": "await_decision", "decisions": ["approve", "reject"]},
            "paid": {"kind": "await_signal"},
        }
        states: dict[str, Any] = {
            node: {
                "status": "suspended",
                "attempt": 1,
                "suspended": {"directive": directive, "started_at": 0},
            }
            for node, directive in waits.items()
        }
        states["a"] = {"status": "failed", "attempt": 1}
        return await self._planner.started(self._api, GRAPH, **states)

    async def _finished(self) -> str:
        run_id = await self._run()
        await self._planner.save(run_id, "failed", "run.failed")
        return run_id

    async def _daily(self, workflow_id: str) -> str:
        daily = {"kind": "schedule", "preset": "daily"}
        body = {"workflow_id": workflow_id, "name": "D", "config": daily}
        return (await self._new("/triggers", body))["id"]

    async def _event(self, trigger: dict[str, Any]) -> str:
        token = trigger["hook"]["url"].rsplit("/", 1)[1]
        answer = await self._api.post(f"/api/v1/hooks/{token}", {"order": 7})
        assert answer.status == 202, answer.body
        return answer.body["event_id"]

    async def _alert(self) -> str:
        alert = Alert(
            id=new_id("alr"), workspace_id="default", rule_id="rule_x", rule_name="R", kind="failure",
            severity="warning", said="It has failed", at=now_ms(),
        )  # fmt: skip
        await Alerts(self._store).insert([alert])
        return alert.id

    async def _delivery(self, channel_id: str) -> str:
        notice = Notice(kind="test", title="T", text="T", at=now_ms(), workspace_id="default")
        failed = deliveries.Delivery(
            id=new_id("dlv"), workspace_id="default", channel_id=channel_id, notice=notice, status="failed",
            most_attempts=1, next_at=None, created_at=now_ms(),
        )  # fmt: skip
        await deliveries.Deliveries(self._store).insert([failed])
        return failed.id
