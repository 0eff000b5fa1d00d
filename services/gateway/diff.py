"""What has changed from one graph to another, the graphs in containers included. Pure.

Everything is told with `within`, the way down to the graph it belongs to: `""` for the graph itself,
`each.graph` for the body of the node `each`. What is left to its default equals the default written out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from shared.contracts.catalog import NodeType
from shared.contracts.graph import Edge, Node, Settings
from shared.expressions.fields import Where, shown

Raw = dict[str, Any]
End = tuple[str, str, str]
_PLACE = "position"
_NOTHING = object()
BodiesOf = Callable[[str], list[str]]
"""The config fields of a node type that hold graphs."""


@dataclass
class GraphDiff:
    """Lists of what was added, removed, changed or merely moved; each entry is ready to be shown."""

    added: list[Raw] = field(default_factory=list)
    removed: list[Raw] = field(default_factory=list)
    changed: list[Raw] = field(default_factory=list)
    moved: list[Raw] = field(default_factory=list)
    edges_added: list[Raw] = field(default_factory=list)
    edges_removed: list[Raw] = field(default_factory=list)
    settings: list[Raw] = field(default_factory=list)

    def shown(self) -> Raw:
        """As callers see it."""
        return {
            "nodes": {
                "added": self.added,
                "removed": self.removed,
                "changed": self.changed,
                "moved": self.moved,
            },
            "edges": {"added": self.edges_added, "removed": self.edges_removed},
            "settings": self.settings,
        }


def diff(before: Raw, after: Raw, catalog: Mapping[str, NodeType]) -> GraphDiff:
    """From one graph to the other; the catalog says which config fields hold graphs."""
    found = GraphDiff()
    _compare(found, before, after, "", lambda name: catalog[name].bodies if name in catalog else [])
    return found


def _compare(found: GraphDiff, before: Raw, after: Raw, within: str, bodies_of: BodiesOf) -> None:
    old, new = _nodes(before), _nodes(after)
    found.added += [_named(within, new[node_id]) for node_id in new if node_id not in old]
    found.removed += [_named(within, old[node_id]) for node_id in old if node_id not in new]
    for node_id in old:
        if node_id in new:
            _compare_nodes(found, old[node_id], new[node_id], within, bodies_of)
    edges, new_edges = _edges(before), _edges(after)
    found.edges_added += [_edge(within, each) for each in new_edges if each not in edges]
    found.edges_removed += [_edge(within, each) for each in edges if each not in new_edges]
    settings, new_settings = (_filled(Settings, each.get("settings", {})) for each in (before, after))
    changes = _changes(settings, new_settings)
    found.settings += [{"within": within, **each} for each in changes]


def _compare_nodes(found: GraphDiff, old: Raw, new: Raw, within: str, bodies_of: BodiesOf) -> None:
    node_id = new["id"]
    if not _same(old.get(_PLACE), new.get(_PLACE)):
        found.moved.append({"within": within, "id": node_id})
    was, now = _apart(old), _apart(new)
    for name in bodies_of(str(new.get("type"))) if old.get("type") == new.get("type") else ():
        body, new_body = was["config"].get(name), now["config"].get(name)
        if isinstance(body, dict) and isinstance(new_body, dict):
            del was["config"][name], now["config"][name]
            _compare(found, body, new_body, f"{within}.{node_id}.{name}".lstrip("."), bodies_of)
    if changes := list(_changes(was, now)):
        found.changed.append({"within": within, "id": node_id, "changes": changes})


def _apart(node: Raw) -> Raw:
    """A node without its position, its config a copy."""
    config = node.get("config")
    rest = {key: value for key, value in node.items() if key != _PLACE}
    return {**rest, "config": dict(config) if isinstance(config, dict) else {}}


def _changes(old: Any, new: Any, where: Where = ()) -> Iterator[Raw]:
    """One entry a value that differs: objects by key, lists of one length by element, all else whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _changes(old.get(key, _NOTHING), new.get(key, _NOTHING), (*where, key))
    elif where and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, (*where, at))
    elif not _same(old, new):
        sides = {"before": old, "after": new}
        yield {"path": shown(where), **{key: side for key, side in sides.items() if side is not _NOTHING}}


def _same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1, 1.0 and true are three values."""
    return one is other or (_NOTHING not in (one, other) and _text(one) == _text(other))


def _text(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _nodes(graph: Raw) -> dict[str, Raw]:
    return {str(node.get("id")): _filled(Node, node) for node in _objects(graph.get("nodes"))}


def _edges(graph: Raw) -> dict[End, None]:
    """Source, port and target of each edge, in order."""
    edges = [_filled(Edge, edge) for edge in _objects(graph.get("edges"))]
    ends = ((str(each.get("source")), str(each.get("port")), str(each.get("target"))) for each in edges)
    return dict.fromkeys(ends)


def _objects(value: Any) -> list[Raw]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _filled(model: type[BaseModel], raw: Any) -> Raw:
    """With all defaults written out, if it has the right shape at all."""
    try:
        return model.model_validate(raw).model_dump(mode="json")
    except ValidationError:
        return raw if isinstance(raw, dict) else {}


def _named(within: str, node: Raw) -> Raw:
    return {"within": within, "id": node.get("id"), "type": node.get("type"), "name": node.get("name", "")}


def _edge(within: str, end: End) -> Raw:
    source, port, target = end
    return {"within": within, "source": source, "port": port, "target": target}
