"""Edges: whether their ends and ports are there, and whether they run in a circle."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from shared.check.order import Order
from shared.check.sketch import Sketch
from shared.contracts.catalog import NodeType, ports_of
from shared.contracts.graph import FAILURE, Edge
from shared.expressions.errors import Problem


def edge_problems(sketch: Sketch, catalog: Mapping[str, NodeType]) -> Iterator[Problem]:
    """What is wrong with each edge by itself."""
    seen: dict[tuple[str, str, str], int] = {}
    ports = {
        node.id: ports_of(catalog[node.type], node) for node in sketch.nodes.values() if node.type in catalog
    }
    for at, edge in sketch.edges.items():
        ends = (edge.source, edge.port, edge.target)
        if ends in seen:
            yield Problem(f"edges[{at}]", "duplicate_edge", f"this is edges[{seen[ends]}] once more")
            continue
        seen[ends] = at
        yield from _end_problems(at, edge, sketch)
        if edge.source in ports and edge.port not in ports[edge.source]:
            yield _wrong_port(at, edge, ports[edge.source])


def cycle_problems(sketch: Sketch, order: Order) -> Iterator[Problem]:
    """One problem a circle, at the edge that closes it."""
    places = {(edge.source, edge.target): at for at, edge in reversed(sketch.edges.items())}
    for cycle in order.cycles:
        at = places[cycle[-2], cycle[-1]]
        ring = " -> ".join(cycle if len(cycle) <= 12 else [*cycle[:6], "...", *cycle[-5:]])
        said = f"the edges run in a circle: {ring}. Use a loop to repeat nodes"
        yield Problem(f"edges[{at}]", "cycle", said)


def suggestion(word: str, words: Mapping[str, object]) -> str:
    """`; did you mean x?`, when there is something like it."""
    near = get_close_matches(word, words, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _end_problems(at: int, edge: Edge, sketch: Sketch) -> Iterator[Problem]:
    for end, node_id in (("source", edge.source), ("target", edge.target)):
        if node_id not in sketch.ids:
            said = f"there is no node `{node_id}`{suggestion(node_id, sketch.ids)}"
            yield Problem(f"edges[{at}].{end}", "unknown_node", said)
    if edge.source == edge.target:
        yield Problem(f"edges[{at}]", "self_edge", f"`{edge.source}` cannot lead to itself")


def _wrong_port(at: int, edge: Edge, ports: list[str]) -> Problem:
    there = ", ".join(f"`{port}`" for port in ports) or "none"
    said = f"`{edge.source}` has no port `{edge.port}`; it has {there}"
    if edge.port == FAILURE:
        said += '. Set its policy.on_failure to "port" to open it'
    return Problem(f"edges[{at}].port", "wrong_port", said)
