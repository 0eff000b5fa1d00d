"""How Schemathesis is set."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

EXAMPLES = int(os.environ.get("WEFT_FUZZ_EXAMPLES", "0"))
"""Of each route, besides those of its schema; 0 is the short run of every day."""
SEED = os.environ.get("WEFT_FUZZ_SEED")
"""Left out, it is the same every time."""
PHASES = {
    "examples": {"enabled": True, "fill-missing": True},
    "coverage": {"enabled": True},
    "fuzzing": {"enabled": True},
}

Ids = Mapping[str, Sequence[Any]]
"""What there is, by the parameter that names it, with `changed` or `doomed` before it for what may be."""


def settings(headers: Mapping[str, str], ids: Ids, phases: Sequence[str], only: str) -> dict[str, Any]:
    """What is deleted or made over is nothing that the others need."""
    bodies = {"body.workflow_id": "workflow_id", "body.rev": "rev"}
    signal = {"path.run_id": "waiting_run", "path.node_id": "waiting_node", "path.token": "signal"}
    return {
        "seed": int(SEED or 1),
        "headers": dict(headers),
        "workers": 4 if EXAMPLES else 1,
        "continue-on-failure": True,
        "request-timeout": 20,
        "max-stream-events": 3,
        "dictionaries": {name: {"values": list(values)} for name, values in ids.items()},
        "parameters": _bound(_paths(ids, ""), 1) | _bound(bodies, 0.9),
        "operations": [
            {"exclude-path-regex": only, "enabled": False},
            {"include-path-regex": "/signals/", "parameters": _bound(signal, 1)},
            {"include-method-regex": "PUT|PATCH", "parameters": _bound(_paths(ids, "changed "), 1)},
            {"include-path-regex": "/(rotate|secrets)$", "parameters": _bound(_paths(ids, "changed "), 1)},
            {"include-method": "DELETE", "parameters": _bound(_paths(ids, "doomed "), 1)},
        ],
        "generation": {
            "deterministic": SEED is None, "max-examples": EXAMPLES or 1, "database": "none",
            "no-shrink": True,
        },
        "phases": {"enabled": False, **{each: PHASES[each] for each in phases}},
    }  # fmt: skip


def _paths(ids: Ids, kind: str) -> dict[str, str]:
    """The name of what there is, by the parameters of paths."""
    return {f"path.{name}": kind + name for name in ids if " " not in name and kind + name in ids}


def _bound(names: Mapping[str, str], probability: float) -> dict[str, Any]:
    return {where: {"dictionary": name, "probability": probability} for where, name in names.items()}
