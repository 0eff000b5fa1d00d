"""A sender of webhooks, who knows nothing but an address and perhaps a secret."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
from standardwebhooks import Webhook

from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import Event, NodeState
from shared.contracts.value import inline, to_json
from shared.ids import now_ms
from tests.integration.gateway.api import Answer, Api, Planner

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}


async def made(api: Api, graph: Any = GRAPH, *, published: bool = True, **more: Any) -> dict[str, Any]:
    """A new webhook trigger; what its config says besides comes first in `more`."""
    config = {"kind": "webhook"}
    config |= {key: more.pop(key) for key in ("methods", "auth", "respond", "dedupe") if key in more}
    workflow_id = await api.workflow(graph, published=published)
    body = {"workflow_id": workflow_id, "name": "T", "config": config, **more}
    answer = await api.post("/triggers", body)
    assert answer.status == 201, answer.body
    return answer.body


async def send(url: str, body: bytes = b"{}", *, method: str = "POST", **options: Any) -> Answer:
    """Call an address without any key."""
    headers = options.pop("headers", {"content-type": "application/json"})
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, url, data=body, headers=headers, allow_redirects=False, **options
        ) as response,
    ):
        raw = await response.read()
        is_json = "json" in response.headers.get("content-type", "")
        return Answer(response.status, response.headers, orjson.loads(raw) if is_json and raw else raw)


def signed(secret: str, body: str, message_id: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
    """The headers of a message as the reference library of Standard Webhooks signs it."""
    at = at or datetime.now(UTC)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }


async def events(api: Api, trigger: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """The events of a trigger, the newest first."""
    answer = await api.get(f"/triggers/{trigger['id']}/events{query}")
    assert answer.status == 200, answer.body
    return answer.body["items"]


async def says(planner: Planner, run_id: str, node: str, output: Any) -> None:
    """Have a node of a run succeed with this output, the run going on."""
    at, key = now_ms(), node_run_id(run_id, node, 1)
    result = NodeResult(
        node=node, attempt=1, status="succeeded", port="out", output=inline(to_json(output)),
        started_at=at, finished_at=at,
    )  # fmt: skip
    held = NodeRun(id=key, run_id=run_id, workspace_id="default", results=[result], created_at=at)
    state: Any = {"status": "succeeded", "attempt": 1, "head": node, "head_attempt": 1, "finished_at": at}
    changes = {"results": {key: held}, "nodes": {node: NodeState.model_validate(state)}}
    saved = await planner.save(run_id, "running", "run.started", tell=False, changes=changes)
    await planner.tell(saved, "running", {"2": Event(type="node.succeeded", at=at, node=node)})
