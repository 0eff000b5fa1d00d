"""A graph under construction: nodes now, ways between states once all of them are there."""

from dataclasses import dataclass, field
from typing import Any

COLUMN, ROW = 260, 120
END = "_end"
"""The port to take when a machine has ended."""

Config = dict[str, Any]


@dataclass(frozen=True)
class Landing:
    """Where a token that is sent to a state arrives, and the nodes that read it."""

    node: str
    readers: tuple[str, ...]


@dataclass
class Scope:
    """One graph. `landings` are by the key of a state, or of a machine's end; `path` is what comes before its
    nodes' ids in the names of mocks; `item` is the expression of what the iteration around it works on."""

    path: str = ""
    item: str | None = None
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: list[dict[str, str]] = field(default_factory=list)
    landings: dict[str, Landing] = field(default_factory=dict)
    ways: list[tuple[str, str, Landing | str]] = field(default_factory=list)

    def add(
        self, node_id: str, kind: str, config: Config, *, name: str = "", join: str = "any", **more: Any
    ) -> str:
        """A node; its id."""
        node = {"id": node_id, "type": kind, "name": name[:200], "config": config, "join": join, **more}
        self.nodes[node_id] = {key: value for key, value in node.items() if value not in ("", {})}
        self.nodes[node_id].setdefault("config", config)
        return node_id

    def edge(self, source: str, target: str, port: str = "out") -> None:
        """An edge, unless it is there."""
        edge = {"source": source, "port": port, "target": target}
        if edge not in self.edges:
            self.edges.append(edge)

    def land(self, key: str, node: str, *readers: str) -> None:
        """Tokens for a state arrive at a node; the readers, or else the node itself, read them."""
        self.landings[key] = Landing(node, readers or (node,))

    def way(self, source: str, target: Landing | str, port: str = "out") -> None:
        """A token is sent from a node to a state, through a port."""
        self.ways.append((source, port, target))

    def inside(self, container: str) -> "Scope":
        """A graph within one of this graph's nodes."""
        return Scope(f"{self.path}{container}.", self.item)

    def graph(self, output: str, **settings: Any) -> dict[str, Any]:
        """The graph, all ways made edges."""
        for source, port, target in self.ways:
            landing = target if isinstance(target, Landing) else self.landings[target]
            self.edge(source, landing.node, port)
            for reader in landing.readers:
                tokens = self.nodes[reader]["config"]["from"]
                if ref(source) not in tokens:
                    tokens.append(ref(source))
        self._put_into_columns()
        settings["output"] = output
        return {"nodes": list(self.nodes.values()), "edges": self.edges, "settings": settings}

    def _put_into_columns(self) -> None:
        """Columns by the longest way to a node, rows by the order in a column."""
        before: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for edge in self.edges:
            before[edge["target"]].append(edge["source"])
        columns: dict[str, int] = {}
        rows: dict[int, int] = {}
        left = list(self.nodes)
        while left:
            ready = [each for each in left if all(source in columns for source in before[each])] or left
            for node_id in ready:
                column = max((columns.get(source, -1) for source in before[node_id]), default=-1) + 1
                columns[node_id], rows[column] = column, rows.get(column, -1) + 1
                self.nodes[node_id]["position"] = {"x": column * COLUMN, "y": rows[column] * ROW}
            left = [each for each in left if each not in columns]


def ref(node_id: str, *keys: str) -> str:
    """The expression for a node's output, or a part of it."""
    name = f".{node_id}" if node_id.isidentifier() else f'["{node_id}"]'
    return f"{{{{ nodes{name}{''.join(f'.{key}' for key in keys)} }}}}"
