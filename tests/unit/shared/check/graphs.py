"""Graphs as JSON, written briefly."""

from typing import Any

from shared.check import Checked, check
from shared.contracts.catalog import NodeType

Raw = dict[str, Any]


def raw_node(node_id: str, node_type: str = "free", config: Raw | None = None, **more: Any) -> Raw:
    """A node with nothing but what is given."""
    return {"id": node_id, "type": node_type, "config": config or {}, **more}


def raw_edge(text: str) -> Raw:
    """`a > b` or `a:port > b`."""
    source, target = text.split(" > ")
    name, _, port = source.partition(":")
    return {"source": name, "port": port or "out", "target": target}


def raw_graph(nodes: list[Raw], *edges: str, **settings: Any) -> Raw:
    """A graph of nodes and edges such as `a > b`."""
    return {"nodes": nodes, "edges": [raw_edge(each) for each in edges], "settings": settings}


def each(node_id: str, body: Raw, items: Any = (), **more: Any) -> Raw:
    """A container that runs a body for each of the items; `finally` may be given."""
    return raw_node(node_id, "each", {"items": items or [], "graph": body, **more})


def found(graph: Any, catalog: dict[str, NodeType], **options: Any) -> list[tuple[str, str]]:
    """Paths and codes of a graph's problems."""
    checked: Checked = check(graph, catalog, **options)
    return [(problem.path, problem.code) for problem in checked.problems]


def said(graph: Any, catalog: dict[str, NodeType]) -> str:
    """The messages of a graph's problems."""
    return "\n".join(problem.message for problem in check(graph, catalog).problems)
