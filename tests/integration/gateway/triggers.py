"""Triggers as the tests make them."""

from typing import Any

from tests.integration.gateway.api import Answer, Api

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}
NIGHTLY = {"kind": "schedule", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
HOURLY = {"kind": "schedule", "preset": "hourly"}


async def create(api: Api, config: dict[str, Any], **more: Any) -> Answer:
    """Create a trigger of a new workflow, unless one is named."""
    workflow_id = more.pop("workflow_id", None) or await api.workflow(GRAPH)
    return await api.post("/triggers", {"workflow_id": workflow_id, "name": "T", "config": config, **more})


async def made(api: Api, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A new trigger."""
    answer = await create(api, config, **more)
    assert answer.status == 201, answer.body
    return answer.body
