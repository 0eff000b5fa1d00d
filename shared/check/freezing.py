"""What is frozen into a version: what its nodes' types say today, and whose outputs each node needs."""

from collections.abc import Mapping

from shared.check.order import Order
from shared.contracts.catalog import NodeType, ports_of, side_effects_of
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode
from shared.expressions import references


def freeze(graph: Graph, catalog: Mapping[str, NodeType]) -> dict[str, FrozenNode]:
    """What the planner needs to know of each node, by id, for a graph in which `check` found no problems."""
    order = Order((node.id for node in graph.nodes), ((edge.source, edge.target) for edge in graph.edges))
    frozen: dict[str, FrozenNode] = {}
    for node in graph.nodes:
        node_type = catalog[node.type]
        named, roots = references(node.config, node_type.per_item, node_type.code)
        frozen[node.id] = FrozenNode(
            pool=node_type.pool,
            ports=ports_of(node_type, node),
            side_effects=side_effects_of(node_type, node),
            light=not node_type.code,
            references=order.upstream(node.id) if named is None else named,
            roots=roots,
        )
    return frozen
