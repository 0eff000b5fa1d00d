"""A graph as it came, as far as it can be read, so that one fault does not hide the others."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.contracts.graph import Edge, Graph, Node, Settings

M = TypeVar("M", Node, Edge, Settings)


@dataclass
class Sketch:
    """`nodes` and `edges` by their places; `ids` also holds those of nodes that cannot be read."""

    nodes: dict[int, Node] = field(default_factory=dict)
    edges: dict[int, Edge] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    ids: dict[str, int] = field(default_factory=dict)


def sketch_of(graph: Graph) -> Sketch:
    """The sketch of a sound graph."""
    return Sketch(
        nodes=dict(enumerate(graph.nodes)),
        edges=dict(enumerate(graph.edges)),
        settings=graph.settings,
        ids={node.id: at for at, node in enumerate(graph.nodes)},
    )


def salvage(raw: dict[str, Any]) -> Sketch:
    """What can be read of a graph that is malformed somewhere."""
    sketch = Sketch()
    for at, each in enumerate(_list(raw.get("nodes"))):
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            sketch.ids.setdefault(each["id"], at)
        if node := _read(Node, each):
            sketch.nodes[at] = node
    for at, each in enumerate(_list(raw.get("edges"))):
        if edge := _read(Edge, each):
            sketch.edges[at] = edge
    sketch.settings = _read(Settings, raw.get("settings", {})) or Settings()
    return sketch


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read(model: type[M], value: Any) -> M | None:
    try:
        return model.model_validate(value)
    except ValueError:
        return None
