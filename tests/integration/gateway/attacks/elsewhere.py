"""How one asks for what another workspace has."""

from typing import Any

import orjson

from shared.storage.mongo import INDEXES, Store
from tests.integration.gateway.api import Answer
from tests.integration.gateway.attacks.scene import CHANNEL, MARK, RULE, Scene
from tests.integration.gateway.attacks.walk import WORKSPACE, Route
from tests.integration.gateway.identity.people import Person

NOOP = {"nodes": [{"id": "a", "type": "noop"}]}
HOOK = {"name": "T", "config": {"kind": "webhook"}}
BODIES: dict[str, Any] = {
    "PATCH /members/{user_id}": {"role": "viewer"}, "/grants/{user_id}": {"role": "viewer"},
    "/decide": {"decision": "approve"}, "/skip": {"output": 1}, "PUT /workflows/{workflow_id}": {"rev": 1},
    "/rules/{rule_id}": {**RULE, "rev": 1}, "/channels/{channel_id}": {**CHANNEL, "rev": 1},
    "PUT /credentials/{credential_id}": {"rev": 1, "name": MARK}, "PUT /variables/{name}": {"rev": 1},
    "PUT /triggers/{trigger_id}": {"rev": 1, **HOOK}, "/connect": {"state": "s", "code": "c"},
    "/backfill": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
}  # fmt: skip
ELSEWHERE = {"number", "workspace"}
ANEW = ("instance", "id", "created_at", "updated_at")
"""What differs from one answer to the next in any case."""


def strange(text: str) -> str:
    """An id that looks like this one and is nobody's."""
    return text[:-4] + ("ZZZZ" if text[-4:] != "ZZZZ" else "YYYY")


def body_for(route: Route) -> Any:
    """A body that the route takes."""
    if route.method in ("GET", "DELETE"):
        return None
    name = f"{route.method} {route.template.removeprefix(WORKSPACE)}"
    return next((body for key, body in BODIES.items() if key == name or route.template.endswith(key)), {})


async def call(person: Person, route: Route, workspace: str, ids: dict[str, str]) -> Answer:
    """As an event stream where there is one, and without waiting."""
    query = "?wait=0" if "wait" in route.queries else ""
    headers = {"Accept": "text/event-stream"} if route.template.endswith("/runs/{run_id}/events") else {}
    path = route.path(workspace, ids) + query
    return await person.call(route.method, path, body_for(route), headers=headers)


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body, these ids taken out, and `instance` and what is drawn anew each time."""
    body = answer.body
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in ANEW}
    text = str(body)
    for each in ids.values():
        text = text.replace(each, "<id>")
    return answer.status, text


async def kept(store: Store, scene: Scene) -> dict[str, Any]:
    """Every document that has to do with a workspace, but for what is written of whoever asks for it."""
    found: dict[str, Any] = {}
    for name in set(INDEXES) - {"audit", "sessions", "throttles"}:
        for each in await store[name].find({}):
            if scene.workspace in orjson.dumps(each).decode():
                found[f"{name}/{each['_id']}"] = each
    return found
