"""A graph frozen together with what its node types said when it was published."""

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis
from shared.contracts.catalog import SideEffects
from shared.contracts.graph import Edge, Graph, Node, Settings


class FrozenNode(Contract):
    """What the planner needs to know of a node's type, and what the node's expressions name.

    `references` holds the ids of the nodes whose outputs are named; `roots` the other names used: `trigger`,
    `run`, `vars`. `light` says that it runs no program and costs less than a message of its own."""

    pool: str
    ports: list[str]
    side_effects: SideEffects
    light: bool = False
    references: list[str] = Field(default_factory=list)
    roots: list[str] = Field(default_factory=list)


class Version(Contract):
    """An immutable version, stored in `versions`. Its id is `<workflow>:<n>`, or `adhoc:<sha-256>`."""

    id: str
    workspace_id: str
    workflow_id: str | None
    number: int | None
    note: str = ""
    graph: Json
    frozen: dict[str, FrozenNode]
    created_at: Millis


class PinnedGraph:
    """A version unpacked once for the planner: look-ups by id, edges by source and by target."""

    def __init__(self, version: Version) -> None:
        graph = Graph.model_validate_json(version.graph)
        self.version_id = version.id
        self.workflow_id = version.workflow_id
        self.settings: Settings = graph.settings
        self.nodes: dict[str, Node] = {node.id: node for node in graph.nodes}
        self.frozen = version.frozen
        self.outgoing: dict[str, list[Edge]] = {node_id: [] for node_id in self.nodes}
        self.incoming: dict[str, list[Edge]] = {node_id: [] for node_id in self.nodes}
        for edge in graph.edges:
            self.outgoing[edge.source].append(edge)
            self.incoming[edge.target].append(edge)
        self.starts = [node_id for node_id, edges in self.incoming.items() if not edges]
        self.ends = [node_id for node_id, edges in self.outgoing.items() if not edges]
