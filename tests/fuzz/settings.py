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
    "stateful": {"enabled": True, "generation": {"max-examples": EXAMPLES or 40}},
}

Ids = Mapping[str, Sequence[Any]]
"""What there is, by the parameter that names it, with `changed` or `doomed` before it for what may be."""


def settings(headers: Mapping[str, str], ids: Ids, phases: Sequence[str], only: str) -> dict[str, Any]:
    """The whole configuration."""
    bound = [
        {f"include-{what}": pattern, "parameters": _bound(names, ids)} for what, pattern, names in _names(ids)
    ]
    return {
        "seed": int(SEED or 1),
        "headers": dict(headers),
        "workers": 4,
        "continue-on-failure": True,
        "request-timeout": 20,
        "max-stream-events": 3,
        "dictionaries": {name: {"values": list(values)} for name, values in ids.items()},
        "parameters": _bound(_paths(ids, ""), ids),
        "operations": [{"exclude-path-regex": only, "enabled": False}, *bound],
        "generation": {
            "deterministic": SEED is None, "max-examples": EXAMPLES or 1, "database": "none",
            "no-shrink": True,
        },
        "phases": {"enabled": False, **{each: PHASES[each] for each in phases}},
    }  # fmt: skip


def _names(ids: Ids) -> list[tuple[str, str, Mapping[str, str]]]:
    """Routes, and what they are to be about; the first that matches counts. What is deleted or made over is
    nothing that the others need."""
    changed, doomed = _paths(ids, "changed "), _paths(ids, "doomed ")
    waiting = {"path.run_id": "waiting_run"}
    return [
        ("path-regex", "/signals/", {**waiting, "path.node_id": "signal_node", "path.token": "signal"}),
        ("path-regex", "/decide$", {**waiting, "path.node_id": "review_node"}),
        ("path-regex", "/(skip|retry)$", waiting),
        ("path-regex", "/(times|backfill)$", {"path.trigger_id": "daily"}),
        ("path-regex", "/hooks/", {"path.token": "token"}),
        ("path-regex", "/(rotate|secrets|pause)$", changed),
        ("method-regex", "PUT|PATCH", {**changed, "body.rev": "rev"}),
        ("method", "DELETE", doomed),
    ]


def _paths(ids: Ids, kind: str) -> dict[str, str]:
    """The name of what there is, by the parameters of paths."""
    return {f"path.{name}": kind + name for name in ids if " " not in name and kind + name in ids}


def _bound(names: Mapping[str, str], ids: Ids) -> dict[str, Any]:
    """What is known, wherever it is asked for."""
    return {where: {"dictionary": name, "probability": 1.0} for where, name in names.items() if name in ids}
