"""The graph a person draws: nodes and edges, a plain value. Meaning across nodes is checked in
`shared/check`."""

from typing import Any, Literal

from pydantic import Field, model_validator

from shared.contracts.base import Contract, Name, NodeId, PortName

OUT = "out"
FAILURE = "failure"
TIMEOUT = "timeout"
DEFAULT_MAX_NODES = 100
MOST_PARALLEL = 1_000
MOST_NODES = 1000
MAX_GRAPH_BYTES = 1_000_000
MAX_DEPTH = 5
"""How deep containers may be nested, and how long a line of workflows that run workflows may be."""
NODE_TIMEOUT_S = 60.0
RUN_TIMEOUT_S = 1800.0
WAITING_TIMEOUT_S = 31_536_000.0


class Retry(Contract):
    """Another attempt after `initial_s * multiplier^n` seconds, at most `max_s`, give or take `jitter`
    (0-1), after the failures named in `on`: a code such as `timeout`, what an HTTP server answered
    (`http_503`, `http_5xx`), or `*` for all."""

    max_attempts: int = Field(default=1, ge=1, le=100)
    initial_s: float = Field(default=1, ge=0, le=86_400)
    multiplier: float = Field(default=2, ge=1, le=100)
    max_s: float = Field(default=60, ge=0, le=86_400)
    jitter: float = Field(default=0.1, ge=0, le=1)
    on: list[str] = ["timeout", "rate_limited", "unavailable"]


class Policy(Contract):
    """How a node is carried out, apart from what it does. `timeout_s` is per attempt, in seconds; left out,
    an executor has 60, and what waits or runs children has no limit but the run's."""

    timeout_s: float | None = Field(default=None, gt=0, le=WAITING_TIMEOUT_S)
    on_failure: Literal["stop", "continue", "port"] = "stop"
    retry: Retry = Retry()
    cache_ttl_s: float | None = Field(default=None, gt=0)
    pinned_output: Any = None


class Position(Contract):
    """Where the editor draws the node, in its own units."""

    x: float = 0
    y: float = 0


class Node(Contract):
    """One node as its author set it. Strings in `config` may hold `{{ }}` expressions."""

    id: NodeId
    type: str = Field(min_length=1, max_length=100)
    name: str = Field(default="", max_length=200)
    config: dict[str, Any] = {}
    credential_id: str | None = None
    join: Literal["all", "any"] = "all"
    policy: Policy = Policy()
    position: Position = Position()


class Edge(Contract):
    """From a port of one node to another node."""

    source: NodeId
    port: PortName = OUT
    target: NodeId


class Concurrency(Contract):
    """At most `limit` unfinished runs that share `key` (a name or one path into the trigger)."""

    key: Name = "default"
    limit: int = Field(default=10, ge=1, le=10_000)
    when_full: Literal["queue", "reject", "cancel_running"] = "queue"


class Settings(Contract):
    """What holds for a run as a whole. `output` is one path such as `{{ nodes.z.items[0].name }}`. Left out,
    `timeout_s` is half an hour, and a year for a graph in which something may wait."""

    timeout_s: float | None = Field(default=None, gt=0, le=WAITING_TIMEOUT_S)
    max_parallel: int = Field(default=20, ge=1, le=MOST_PARALLEL)
    output: str | None = None
    concurrency: Concurrency | None = None


class Graph(Contract):
    """Nodes, edges and settings."""

    nodes: list[Node] = Field(min_length=1, max_length=MOST_NODES)
    edges: list[Edge] = Field(default=[], max_length=20_000)
    settings: Settings = Settings()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Graph":
        ids = [node.id for node in self.nodes]
        repeated = (
            sorted({node_id for node_id in ids if ids.count(node_id) > 1}) if len(set(ids)) < len(ids) else []
        )
        if repeated:
            raise ValueError(f"node ids must be unique; repeated: {', '.join(repeated[:5])}")
        return self
