"""A graph frozen together with what its node types said when it was published."""

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis
from shared.contracts.catalog import SideEffects
from shared.contracts.graph import RUN_TIMEOUT_S, WAITING_TIMEOUT_S, Edge, Graph, Node, Settings

BODY = "#"


class FrozenNode(Contract):
    """What the planner needs to know of a node's type, and what the node's expressions name.

    `references` holds the ids of the nodes whose outputs are named; `roots` the other names used: `trigger`,
    `run`, `vars`; `variables` those of the workspace's variables that its own config names, None for any that
    are not secret. `vault` says that its executor can open secrets, `light` that it runs no program and costs
    less than a message of its own, `waits` that it may be suspended for long. `bodies` holds the same for the
    nodes of its bodies, by config field and id. `mocks` are what it answers in a dry run, one an attempt, the
    last for all that follow: JSON texts of `{output, port?}` or `{failure: {code, message}}`."""

    pool: str
    ports: list[str]
    side_effects: SideEffects
    light: bool = False
    waits: bool = False
    references: list[str] = Field(default_factory=list)
    roots: list[str] = Field(default_factory=list)
    variables: list[str] | None = None
    vault: bool = False
    bodies: "dict[str, dict[str, FrozenNode]]" = Field(default_factory=dict)
    mocks: list[Json] = Field(default_factory=list[Json])


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
    """A graph unpacked once for the planner: look-ups by id, edges by source and by target."""

    def __init__(
        self, version_id: str, workflow_id: str | None, graph: Graph, frozen: dict[str, FrozenNode]
    ) -> None:
        self.version_id = version_id
        self.workflow_id = workflow_id
        self.settings: Settings = graph.settings
        self.nodes: dict[str, Node] = {node.id: node for node in graph.nodes}
        self.frozen = frozen
        self.outgoing: dict[str, list[Edge]] = {node_id: [] for node_id in self.nodes}
        self.incoming: dict[str, list[Edge]] = {node_id: [] for node_id in self.nodes}
        for edge in graph.edges:
            self.outgoing[edge.source].append(edge)
            self.incoming[edge.target].append(edge)
        self.starts = [node_id for node_id, edges in self.incoming.items() if not edges]
        self.ends = [node_id for node_id, edges in self.outgoing.items() if not edges]
        waits = any(each.waits for each in frozen.values())
        self.timeout_s = graph.settings.timeout_s or (WAITING_TIMEOUT_S if waits else RUN_TIMEOUT_S)

    @classmethod
    def of(cls, version: Version) -> "PinnedGraph":
        """The graph of a version."""
        graph = Graph.model_validate_json(version.graph)
        return cls(version.id, version.workflow_id, graph, version.frozen)

    def downstream(self, node_id: str) -> list[str]:
        """All nodes that edges lead to from one, in the graph's order."""
        found: set[str] = set()
        stack = [node_id]
        while stack:
            fresh = {edge.target for edge in self.outgoing[stack.pop()]} - found
            found |= fresh
            stack.extend(fresh)
        return [each for each in self.nodes if each in found]

    def body(self, node_id: str, field: str) -> "PinnedGraph":
        """The graph that a container runs; raises KeyError when it has no such body."""
        graph = Graph.model_validate(self.nodes[node_id].config[field])
        frozen = self.frozen[node_id].bodies[field]
        return PinnedGraph(body_id(self.version_id, node_id, field), self.workflow_id, graph, frozen)


def body_id(version_id: str, node_id: str, field: str) -> str:
    """The version id of a container's body; it is kept within the version around it."""
    return f"{version_id}{BODY}{node_id}.{field}"


def body_path(version_id: str) -> tuple[str, list[tuple[str, str]]]:
    """The id of the version that is stored, and the node and config field of every body on the way in."""
    stored, *inner = version_id.split(BODY)
    parts = [each.partition(".") for each in inner]
    return stored, [(node_id, field) for node_id, _, field in parts]
