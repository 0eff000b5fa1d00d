"""What a graph may rely on: what is known besides it, and what it may name of the graphs around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.check.order import Order
from shared.check.sketch import Sketch
from shared.contracts.catalog import NodeType
from shared.contracts.graph import FAILURE, Node

Schema = Mapping[str, Any]
GUESSED_BODIES = ["graph", "finally"]
"""Where a node of an unknown type is taken to hold graphs, so that one fault does not look like many."""


@dataclass(frozen=True)
class Known:
    """The node types, the workspace's credentials (type by id) and variables (whether each is secret), the
    graph's workflow. None is unknown, and nothing is held against the graph for it. `unshared` credentials
    may not be used in it."""

    catalog: Mapping[str, NodeType]
    credentials: Mapping[str, str] | None = None
    workflow_id: str | None = None
    unshared: frozenset[str] = frozenset()
    variables: Mapping[str, bool] | None = None


@dataclass(frozen=True)
class Scope:
    """The outside of a graph that lies `depth` containers deep. `before` are the outer nodes whose outputs it
    may name, with their output schemas; `others` are there too, but do not come before its container."""

    depth: int = 0
    before: Mapping[str, Schema] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    def within(self, node: Node, sketch: Sketch, order: Order, catalog: Mapping[str, NodeType]) -> "Scope":
        """The scope of the bodies of a node in this scope's graph, whose names hide those further out."""
        upstream = (set(sketch.ids) - {node.id}) if order.cycles else set(order.upstream(node.id))
        nodes = {each.id: each for each in sketch.nodes.values()}
        outer = {name: schema for name, schema in self.before.items() if name not in sketch.ids}
        inner = {name: output_schema(nodes.get(name), catalog) for name in upstream}
        before = {**outer, **inner}
        others = frozenset({*self.others, *sketch.ids} - before.keys())
        return Scope(self.depth + 1, before, others)


def output_schema(node: Node | None, catalog: Mapping[str, NodeType]) -> Schema:
    """What is sure of a node's output; nothing if it may be a failure or pinned instead."""
    node_type = catalog.get(node.type) if node else None
    if node is None or node_type is None or FAILURE in node_type.ports:
        return {}
    policy = node.policy
    return node_type.output_schema if policy.on_failure == "stop" and policy.pinned_output is None else {}


def graphs_in(node: Node, node_type: NodeType) -> Iterator[tuple[str, dict[str, Any]]]:
    """The bodies of a node by config field, as they stand."""
    for name in node_type.bodies:
        body = node.config.get(name)
        if isinstance(body, dict):
            yield name, body


def count_nodes(raw: Any, catalog: Mapping[str, NodeType]) -> tuple[int, int]:
    """How many nodes a graph has together with all the graphs in it, and how many of them only serve others.
    No recursion."""
    graphs, count, parts = [raw], 0, 0
    while graphs:
        graph = graphs.pop()
        nodes = graph.get("nodes") if isinstance(graph, dict) else None
        for node in nodes if isinstance(nodes, list) else []:
            count += 1
            parts += _is_part(node, catalog)
            graphs += _bodies_of(node, catalog)
    return count, parts


def _is_part(node: Any, catalog: Mapping[str, NodeType]) -> bool:
    name = node.get("type") if isinstance(node, dict) else None
    return isinstance(name, str) and name in catalog and catalog[name].part


def _bodies_of(node: Any, catalog: Mapping[str, NodeType]) -> list[Any]:
    config, name = (node.get("config"), node.get("type")) if isinstance(node, dict) else (None, None)
    node_type = catalog.get(name) if isinstance(name, str) else None
    if not isinstance(config, dict) or node_type is None:
        return []
    return [config[each] for each in node_type.bodies if each in config]
