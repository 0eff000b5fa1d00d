"""Stored shapes to response bodies. JSON text is spliced in as it is: no value is parsed to be shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from services.gateway.drafts import told
from services.gateway.pinned import Pinned
from shared.check import Checked
from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Event, NodeState, Run
from shared.contracts.usage import Usage
from shared.contracts.value import Value
from shared.contracts.version import Version
from shared.storage.workflows import Workflow

Shown = dict[str, Any]
Texts = Mapping[str, str]
"""JSON texts by reference, as `Payloads.texts` gives them."""

_PENDING = NodeState()
_KINDS = {
    "await_decision": "review",
    "await_signal": "signal",
    "sleep_until": "wait",
    "spawn_runs": "children",
}


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body as JSON bytes."""
    return Response(orjson.dumps(body), status, headers=headers, media_type="application/json")


def iso(at: Millis | None) -> str | None:
    """A time as ISO 8601 in UTC, to the millisecond."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def millis(at: datetime | None) -> Millis | None:
    """A time that a caller has sent, as it is stored; what was before 1970 is its beginning."""
    return None if at is None else max(0, round(at.timestamp() * 1000))


def page(items: Sequence[Shown], limit: int) -> Shown:
    """A page of things with ids, one more than `limit` having been asked for."""
    more = len(items) > limit
    return {"items": items[:limit], "next": items[limit - 1]["id"] if more else None}


def workflow_summary(workflow: Workflow) -> Shown:
    """A workflow without its draft."""
    return {
        "id": workflow.id,
        "name": workflow.name,
        "description": workflow.description,
        "tags": workflow.tags,
        "rev": workflow.rev,
        "latest": workflow.latest or None,
        "created_at": iso(workflow.created_at),
        "updated_at": iso(workflow.updated_at),
    }


def workflow_shown(workflow: Workflow, checked: Checked) -> Shown:
    """A workflow with its draft."""
    return {**workflow_summary(workflow), "graph": orjson.Fragment(workflow.graph), **check_shown(checked)}


def check_shown(checked: Checked) -> Shown:
    """Problems and warnings."""
    return {"problems": told(checked.problems), "warnings": told(checked.warnings)}


def version_summary(version: Version) -> Shown:
    """A version without its graph."""
    return {
        "workflow_id": version.workflow_id,
        "number": version.number,
        "note": version.note,
        "created_at": iso(version.created_at),
    }


def version_shown(version: Version) -> Shown:
    """A version with its graph."""
    return {**version_summary(version), "graph": orjson.Fragment(version.graph)}


def run_summary(run: Run) -> Shown:
    """A run without its values and nodes."""
    _, _, number = run.version.rpartition(":")
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "version": int(number) if run.workflow_id and number.isdigit() else None,
        "status": run.status,
        "trigger": run.trigger.model_dump(),
        "lane": run.lane,
        "dry": run.dry,
        "rerun_of": run.rerun_of,
        "failure": failure_shown(run.failure),
        "usage": usage_shown(run.usage),
        "parent": parent_shown(run),
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "paused_at": iso(run.paused_at),
        "finished_at": iso(run.finished_at),
    }


def parent_shown(run: Run) -> Shown | None:
    """Where in which run a child run belongs."""
    if run.parent_id is None:
        return None
    return {"run_id": run.parent_id, "node": run.parent_node, "key": run.key, "attempt": run.parent_attempt}


def run_shown(run: Run, pinned: Pinned | None, texts: Texts) -> Shown:
    """A run with its values and every node of its graph, touched yet or not."""
    node_ids = pinned.node_ids if pinned else tuple(run.nodes)
    return {
        **run_summary(run),
        "input": value_shown(run.input, texts),
        "output": value_shown(run.output, texts),
        "nodes": {node_id: node_shown(run.nodes.get(node_id, _PENDING)) for node_id in node_ids},
    }


def node_shown(state: NodeState) -> Shown:
    """A node's state in its run."""
    return {
        "status": state.status,
        "attempt": state.attempt,
        "port": state.port,
        "started_at": iso(state.started_at),
        "finished_at": iso(state.finished_at),
        "failure": failure_shown(state.failure),
        "waiting": kind_of(state),
        "reused_from": state.source,
    }


def kind_of(state: NodeState) -> str | None:
    """What a suspended node waits for, in a word."""
    if state.status != "suspended" or state.suspended is None:
        return None
    return _KINDS[state.suspended.directive.kind]


def attempt_shown(result: NodeResult, texts: Texts) -> Shown:
    """One attempt that has ended."""
    return {
        "attempt": result.attempt,
        "status": result.status,
        "port": result.port,
        "input": value_shown(result.input, texts),
        "output": value_shown(result.output, texts),
        "failure": failure_shown(result.failure),
        "logs": result.logs,
        "cached": result.cached,
        "usage": usage_shown(result.usage),
        "started_at": iso(result.started_at),
        "finished_at": iso(result.finished_at),
    }


def event_shown(run_id: str, seq: int, event: Event) -> Shown:
    """An event; what does not apply to it is left out."""
    shown: Shown = {"run_id": run_id, "seq": seq, "type": event.type, "at": iso(event.at)}
    for key in ("node", "attempt", "port", "by"):
        if (value := getattr(event, key)) is not None:
            shown[key] = value
    if event.failure:
        shown["failure"] = failure_shown(event.failure)
    return shown


def failure_shown(failure: Failure | None) -> Shown | None:
    """A failure as data."""
    return failure.model_dump() if failure else None


def usage_shown(usage: Usage | None) -> Shown:
    """What was used; nothing when nothing is said."""
    return {"tokens": usage.tokens, "cost_usd": usage.cost_usd} if usage else {"tokens": 0, "cost_usd": 0}


def value_shown(value: Value | None, texts: Texts) -> orjson.Fragment | None:
    """The JSON text of a value, to be spliced in."""
    if value is None:
        return None
    return orjson.Fragment(text_of(value, texts))


def text_of(value: Value, texts: Texts) -> str:
    """The JSON text of a value, wherever it lies."""
    return texts[value.ref] if value.ref else value.json_text or "null"
