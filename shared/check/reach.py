"""Nodes that are not wrong but odd: without ties to the others, or never reached."""

from collections.abc import Iterator

from shared.check.order import Order
from shared.check.sketch import Sketch
from shared.expressions.errors import Problem

_SHOWN = 5


def odd_nodes(sketch: Sketch, order: Order) -> Iterator[Problem]:
    """Parts of the graph that no edge ties to the rest, and nodes that only a circle leads to."""
    yield from _islands(sketch)
    yield from _unreachable(sketch, order)


def _islands(sketch: Sketch) -> Iterator[Problem]:
    """Every node by itself, and every group but the largest: they run at once, whatever the others do."""
    groups = _groups(sketch)
    if len(groups) < 2:
        return
    readable = set(_readable(sketch))
    main = max((group for group in groups if len(group) > 1), key=len, default=None)
    for group in groups:
        if group is main or group[0] not in readable:
            continue
        if len(group) == 1:
            said = f"`{group[0]}` has no edges: it runs at once, whatever the others do"
        else:
            said = f"{_named(group)} have no edges to the others: they run at once, whatever the others do"
        yield Problem(f"nodes[{sketch.ids[group[0]]}]", "unconnected", said)


def _unreachable(sketch: Sketch, order: Order) -> Iterator[Problem]:
    if not order.cycles:
        return
    edges = [(each.source, each.target) for each in sketch.edges.values() if each.source != each.target]
    targets = {target for _, target in edges}
    reached = {node_id for node_id in sketch.ids if node_id not in targets}
    left = list(reached)
    after: dict[str, list[str]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    while left:
        new = set(after.get(left.pop(), ())) - reached
        reached |= new
        left.extend(new)
    circling = {node_id for cycle in order.cycles for node_id in cycle}
    for node_id in _readable(sketch):
        if node_id not in reached and node_id not in circling:
            said = f"`{node_id}` never runs: every way to it leads through a circle"
            yield Problem(f"nodes[{sketch.ids[node_id]}]", "unreachable", said)


def _groups(sketch: Sketch) -> list[list[str]]:
    """The ids by what edges tie together, whatever their direction; in the graph's order."""
    group_of = {node_id: [node_id] for node_id in sketch.ids}
    for edge in sketch.edges.values():
        one, other = group_of.get(edge.source), group_of.get(edge.target)
        if one is None or other is None or one is other:
            continue
        large, small = (one, other) if len(one) >= len(other) else (other, one)
        large += small
        group_of.update(dict.fromkeys(small, large))
    groups = {id(group): group for group in group_of.values()}
    place = {node_id: at for at, node_id in enumerate(sketch.ids)}
    return [sorted(group, key=place.__getitem__) for group in groups.values()]


def _readable(sketch: Sketch) -> list[str]:
    return [node.id for node in sketch.nodes.values()]


def _named(group: list[str]) -> str:
    names = ", ".join(f"`{name}`" for name in group[:_SHOWN])
    more = len(group) - _SHOWN
    return names if more <= 0 else f"{names} and {more} more"
