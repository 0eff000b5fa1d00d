"""Small graphs drawn from a seed: nodes of every kind, containers with graphs of their own."""

from random import Random
from typing import Any

from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode, Version
from tests.builders import NOW, WORKSPACE

WAITS = ("wait", "review", "signal")
OWN_PORTS = {
    "review": ["approve", "reject", "timeout"],
    "signal": ["out", "timeout"],
    "try": ["out", "failure"],
}
Frozen = dict[str, dict[str, Any]]


def version(chance: Random, version_id: str, *, plain: bool = False) -> Version:
    """A version of a graph of one to five nodes; what it leads to is for `nodes.py`."""
    graph, frozen = _graph(chance, 2 if plain else 5, 1 if plain else 0)
    return Version(
        id=version_id,
        workspace_id=WORKSPACE,
        workflow_id=version_id.partition(":")[0],
        number=1,
        graph=Graph.model_validate(graph).model_dump_json(),
        frozen={each: FrozenNode.model_validate(node) for each, node in frozen.items()},
        created_at=NOW,
    )


def _graph(chance: Random, most: int, depth: int, *, light: bool = False) -> tuple[dict[str, Any], Frozen]:
    nodes: list[dict[str, Any]] = []
    edges: dict[tuple[str, str, str], dict[str, str]] = {}
    frozen: Frozen = {}
    for index in range(chance.randint(1, most)):
        name = f"n{index}"
        made, frozen[name] = _node(chance, name, depth, light)
        nodes.append(made)
        sources = (
            [f"n{chance.randrange(index)}" for _ in range(chance.choice((0, 1, 1, 1, 2)))] if index else []
        )
        for source in sources:
            port = chance.choice(frozen[source]["ports"][:2])
            edges[source, port, name] = {"source": source, "port": port, "target": name}
        frozen[name]["references"] = sorted(set(sources))
    settings: dict[str, Any] = {"max_parallel": chance.choice((1, 2, 20))}
    settings["timeout_s"] = chance.choice((60, 9_000, 9_000)) if depth == 0 else 9_000
    if depth == 0 and chance.random() < 0.25:
        full = chance.choice(("queue", "queue", "cancel_running"))
        settings["concurrency"] = {"key": "k", "limit": 1, "when_full": full}
    return {"nodes": nodes, "edges": list(edges.values()), "settings": settings}, frozen


def _node(chance: Random, name: str, depth: int, light: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    kind = "act" if light else _kind(chance, depth)
    effects = chance.choice(("none", "none", "repeatable", "once")) if kind == "act" and not light else "none"
    ports = list(OWN_PORTS.get(kind, ["out"]))
    if kind == "act" and chance.random() < 0.2:
        ports = ["true", "false"]
    mode = chance.choice(("stop", "continue", "continue", "port"))
    config, bodies = _config(chance, kind, ports, depth)
    if mode == "port" and "failure" not in ports:
        ports = [*ports, "failure"]
    retry = {"max_attempts": chance.randint(1, 3), "initial_s": chance.choice((0, 0.2, 4))}
    policy: dict[str, Any] = {"on_failure": mode, "retry": retry}
    if kind == "act" and chance.random() < 0.1:
        policy["timeout_s"] = 2
    join = chance.choice(("all", "all", "any"))
    node = {"id": name, "type": kind, "join": join, "policy": policy, "config": config}
    return node, {
        "pool": "core",
        "ports": ports,
        "side_effects": effects,
        "light": light or (kind == "act" and chance.random() < 0.4),
        "waits": kind in WAITS,
        "bodies": bodies,
    }


def _kind(chance: Random, depth: int) -> str:
    drawn = chance.random()
    if drawn < 0.55:
        return "act"
    if drawn < 0.68:
        return chance.choice(WAITS)
    if depth == 0:
        return chance.choice(("map", "map", "loop", "try", "workflow"))
    return chance.choice(("map", "loop", "try")) if depth == 1 and drawn > 0.92 else "act"


def _config(
    chance: Random, kind: str, ports: list[str], depth: int
) -> tuple[dict[str, Any], dict[str, Frozen]]:
    config: dict[str, Any] = {"ports": ports}
    if kind in WAITS:
        return {**config, "ms": chance.choice((1_000, 5_000, None if kind != "wait" else 200))}, {}
    if kind in ("act", "workflow"):
        return {**config, "wait": chance.random() < 0.7}, {}
    config["total"] = chance.randint(0, 4) if kind == "map" else chance.randint(1, 2)
    config["concurrency"] = chance.choice((1, 2, 10))
    config["failing"] = chance.choice(("stop", "keep", "drop"))
    bodies: dict[str, Frozen] = {}
    for field in ("graph", "finally") if kind == "try" and chance.random() < 0.4 else ("graph",):
        light = kind == "map" and chance.random() < 0.5  # so that its items go in slices
        config[field], bodies[field] = _graph(chance, 2, depth + 1, light=light)
    return config, bodies
