"""What suspended nodes wait for, as callers see it."""

from typing import Any

import orjson

from services.gateway.present import Shown, Texts, iso, kind_of, text_of
from shared.contracts.directive import AwaitDecision, AwaitSignal, SleepUntil, SpawnRuns
from shared.contracts.run import Children, NodeState, Run
from shared.contracts.value import Value
from shared.signals import url_path


def input_of(state: NodeState) -> list[Value]:
    """What has to be read before the node can be shown."""
    return [state.suspended.input] if state.suspended and state.suspended.input else []


def waiting_shown(run: Run, node_id: str, texts: Texts, root: str) -> Shown | None:
    """What a suspended node waits for; `root` is the URL under which callers reach this gateway."""
    state = run.nodes.get(node_id, NodeState())
    kind = kind_of(state)
    if kind is None or state.suspended is None:
        return None
    match state.suspended.directive:
        case AwaitDecision() as asked:
            more = review_shown(state, asked, texts)
        case AwaitSignal() as asked:
            url = root + url_path(run, node_id)
            more = {"url": url, "schema": _json(asked.form), "timeout_at": iso(asked.timeout_at)}
        case SleepUntil() as asked:
            more = {"until": iso(asked.at)}
        case SpawnRuns() as asked:
            more = {"children": _children(state.suspended.children or Children(), asked, state.turn)}
    return {"kind": kind, "since": iso(state.suspended.started_at), **more}


def review_shown(state: NodeState, asked: AwaitDecision, texts: Texts) -> Shown:
    """What a review asks, of whom, and until when."""
    config = _config(state, texts)
    return {
        "title": config.get("title"),
        "instructions": config.get("instructions"),
        "context": config.get("context"),
        "form": _json(asked.form),
        "assignees": asked.assignees,
        "decisions": asked.decisions,
        "timeout_at": iso(asked.timeout_at),
    }


def _config(state: NodeState, texts: Texts) -> dict[str, Any]:
    """The node's config with its expressions evaluated, as far as it is known."""
    for value in input_of(state):
        if value.ref and value.ref not in texts:
            return {}
        found = orjson.loads(text_of(value, texts))
        return found if isinstance(found, dict) else {}
    return {}


def _children(children: Children, asked: SpawnRuns, turn: int) -> Shown:
    shown = {
        "shape": asked.shape,
        "total": None if asked.shape == "loop" else asked.total,
        "running": len(children.open),
        "done": children.released - len(children.open),
        "failed": children.failed,
    }
    return {**shown, "turn": turn} if asked.shape == "loop" else shown


def _json(text: str | None) -> orjson.Fragment | None:
    return None if text is None else orjson.Fragment(text)
