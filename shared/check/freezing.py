"""What is frozen into a version: what its nodes' types say today, and whose outputs each node needs."""

from collections.abc import Mapping, Sequence

from shared.check.order import Order
from shared.check.scope import graphs_in
from shared.contracts.catalog import NodeType, ports_of, side_effects_of
from shared.contracts.graph import Graph, Node
from shared.contracts.version import FrozenNode
from shared.expressions import path, references, variables
from shared.expressions.fields import PER_ITEM_ROOTS


def freeze(graph: Graph, catalog: Mapping[str, NodeType], outer: Sequence[str] = ()) -> dict[str, FrozenNode]:
    """What the planner needs to know of each node, by id, for a graph in which `check` found no problems.

    `outer` are the nodes of graphs around it whose outputs it may name, unless it has one so called."""
    order = Order((node.id for node in graph.nodes), ((edge.source, edge.target) for edge in graph.edges))
    visible = [name for name in outer if name not in order.ids]
    return {node.id: _frozen(node, catalog, [*visible, *order.upstream(node.id)]) for node in graph.nodes}


def _frozen(node: Node, catalog: Mapping[str, NodeType], upstream: list[str]) -> FrozenNode:
    node_type = catalog[node.type]
    named, roots = references(node.config, node_type.per_item, node_type.unread)
    needed, used = set(upstream if named is None else named), set(roots)
    bodies: dict[str, dict[str, FrozenNode]] = {}
    for name, raw in graphs_in(node, node_type):
        graph = Graph.model_validate(raw)
        bodies[name] = freeze(graph, catalog, upstream)
        outside, inner_roots = _outside(graph, bodies[name])
        needed |= outside
        used |= inner_roots - PER_ITEM_ROOTS
    return FrozenNode(
        pool=node_type.pool,
        ports=ports_of(node_type, node),
        side_effects=side_effects_of(node_type, node),
        light=not (node_type.code or node_type.bodies or node_type.waits),
        waits=node_type.waits or any(each.waits for body in bodies.values() for each in body.values()),
        references=[name for name in upstream if name in needed] if named is None else sorted(needed),
        roots=sorted(used),
        variables=variables(node.config, node_type.per_item, node_type.unread),
        vault=node_type.vault,
        bodies=bodies,
    )


def _outside(graph: Graph, frozen: dict[str, FrozenNode]) -> tuple[set[str], set[str]]:
    """The outer nodes and the roots that a body names, in its nodes and in the path to its output."""
    named = {name for each in frozen.values() for name in each.references}
    roots = {root for each in frozen.values() for root in each.roots}
    if graph.settings.output is not None:
        found = path(graph.settings.output)
        if found.root == "nodes":
            named.add(str(found.keys[0]))
        else:
            roots.add(found.root)
    return named - frozen.keys(), roots
