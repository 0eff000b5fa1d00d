"""Random graphs: nodes of every kind, containers with small graphs of their own."""

from typing import Any

from hypothesis import strategies as st

from shared.contracts.graph import Edge, Graph, Node, Settings
from shared.contracts.version import FrozenNode, PinnedGraph
from tests.builders import node

PORTS = (["out"], ["true", "false"], ["out", "other", "third"])
EFFECTS = ("none", "none", "none", "repeatable", "once")
WAITS = ("wait", "review", "signal")
CONTAINERS = ("map", "loop", "try", "workflow")
KINDS = st.sampled_from(("noop", *WAITS, *CONTAINERS, "map"))
INNER = st.sampled_from(("noop", "noop", "noop", "wait", "review", "map", "loop", "try"))
OWN_PORTS = {
    "review": ["approve", "reject", "timeout"],
    "signal": ["out", "timeout"],
    "try": ["out", "failure"],
}
DEPTH = 2

NODES = st.tuples(
    st.sampled_from(PORTS),
    st.sampled_from(EFFECTS),
    st.sampled_from(["all", "any"]),
    st.sampled_from(["stop", "continue", "continue", "port"]),
    st.integers(1, 3),
    st.sampled_from([0, 0.2, 45]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3)), max_size=3),
    st.integers(0, 5),
)
SMALL = st.tuples(
    st.sampled_from(PORTS[:2]),
    st.sampled_from(EFFECTS),
    st.just("all"),
    st.sampled_from(["stop", "stop", "continue"]),
    st.integers(1, 2),
    st.just(0),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=1),
    st.integers(0, 5),
)


@st.composite
def graphs(draw: st.DrawFn, timeouts: list[float], *, plain: bool = False) -> PinnedGraph:
    """One to eight nodes; edges lead from earlier ones to later ones, from any of their ports. In a `plain`
    one, what waits is not waited for in vain and nothing takes too long."""
    graph, frozen = _graph(draw, draw(st.lists(NODES, min_size=1, max_size=8)), timeouts, plain, 0)
    return PinnedGraph("wf_1:1", "wf_1", graph, frozen)


def _graph(
    draw: st.DrawFn, specs: list[Any], timeouts: list[float], plain: bool, depth: int
) -> tuple[Graph, dict[str, FrozenNode]]:
    nodes: list[Node] = []
    edges: dict[tuple[str, str, str], Edge] = {}
    frozen: dict[str, FrozenNode] = {}
    for index, spec in enumerate(specs):
        name = f"n{index}"
        made, frozen[name] = _node(draw, name, spec, timeouts, plain, depth)
        nodes.append(made)
        for number, port in spec[7] if index else []:
            source = f"n{number % index}"
            own = frozen[source].ports
            edge = Edge(source=source, port=own[port % len(own)], target=name)
            edges[edge.source, edge.port, edge.target] = edge
    limits = Settings(max_parallel=draw(st.integers(1, 5)), timeout_s=draw(st.sampled_from(timeouts)))
    return Graph(nodes=nodes, edges=list(edges.values()), settings=limits), frozen


def _node(
    draw: st.DrawFn, name: str, spec: Any, timeouts: list[float], plain: bool, depth: int
) -> tuple[Node, FrozenNode]:
    own, effects, join, mode, attempts, wait, light, _, number = spec
    kind = draw(KINDS if depth == 0 else INNER) if number > 1 and depth < DEPTH else "noop"
    config, bodies = _config(draw, kind, number, timeouts, plain, depth)
    limit = None if kind != "noop" and (plain or number % 2) else 60
    made = node(
        name, type=kind, config=config, join=join, on_failure=mode, timeout_s=limit,
        retry={"max_attempts": attempts, "initial_s": wait},
    )  # fmt: skip
    ports: list[str] = OWN_PORTS.get(kind, ["out"]) if kind != "noop" else own
    if mode == "port" and "failure" not in ports:
        ports = [*ports, "failure"]
    return made, FrozenNode(
        pool="core", ports=ports, side_effects=effects if kind == "noop" else "none",
        light=light and kind == "noop", waits=kind in WAITS, bodies=bodies,
    )  # fmt: skip


def _config(
    draw: st.DrawFn, kind: str, number: int, timeouts: list[float], plain: bool, depth: int
) -> tuple[dict[str, Any], dict[str, dict[str, FrozenNode]]]:
    if kind in WAITS:
        return {"ms": draw(st.sampled_from([5_000] if plain else [2_000, 90_000, None]))}, {}
    if kind not in CONTAINERS:
        return {}, {}
    config: dict[str, Any] = {
        "total": number - 2 if kind == "loop" else number - 1,
        "concurrency": draw(st.integers(1, 3)),
        "failing": draw(st.sampled_from(["stop", "keep", "drop"])),
        "wait": draw(st.booleans()) if kind == "workflow" else True,
    }
    bodies: dict[str, dict[str, FrozenNode]] = {}
    for field in ("graph", "finally") if kind == "try" and number % 2 else ("graph",):
        specs = draw(st.lists(SMALL, min_size=1, max_size=3 if depth == 0 else 1))
        body, bodies[field] = _graph(draw, specs, timeouts, plain, depth + 1)
        config[field] = body.model_dump(mode="json")
    return config, bodies
