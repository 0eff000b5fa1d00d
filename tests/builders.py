"""Small builders of graphs, versions, runs and results.

A graph is written as paths: `graph("a > b > c", "check:true > b")` has the nodes a, b, c and check, and three
edges, the last from the port `true`. What a node has besides its id is a keyword: `b={"join": "any"}`."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from shared.contracts.catalog import SideEffects
from shared.contracts.events import NodeFinished
from shared.contracts.failure import failure
from shared.contracts.graph import OUT, Edge, Graph, Node, Settings
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Cause, Run
from shared.contracts.value import inline, to_json
from shared.contracts.version import FrozenNode, PinnedGraph, Version

NOW = 1_700_000_000_000
WORKSPACE = "default"
END = re.compile(r"^(?P<node>[\w-]+)(?::(?P<port>[\w-]+))?$")


def graph(*paths: str, settings: Mapping[str, Any] | None = None, **nodes: Mapping[str, Any]) -> Graph:
    """The graph that these paths draw; nodes stand in the order of their first mention."""
    found: dict[str, Node] = {}
    edges: list[Edge] = []
    for path in paths:
        before: tuple[str, str] | None = None
        for text in path.split(">"):
            end = END.match(text.strip())
            assert end, f"{text.strip()!r} is not written as node or node:port"
            node_id = end["node"]
            if before:
                edges.append(Edge(source=before[0], port=before[1], target=node_id))
            found.setdefault(node_id, node(node_id, **nodes.get(node_id, {})))
            before = (node_id, end["port"] or OUT)
    return Graph(nodes=list(found.values()), edges=edges, settings=Settings(**(settings or {})))


def node(node_id: str, /, **changes: Any) -> Node:
    """A `noop` node, with what is given changed; what belongs into its policy may be given without it."""
    policy = dict(changes.pop("policy", {}))
    policy |= {key: changes.pop(key) for key in ("retry", "on_failure", "timeout_s") if key in changes}
    return Node.model_validate({"id": node_id, "type": "noop", "policy": policy, **changes})


def version(
    of: Graph,
    *,
    version_id: str = "wf_1:1",
    workspace_id: str = WORKSPACE,
    side_effects: Mapping[str, SideEffects] | None = None,
    pools: Mapping[str, str] | None = None,
    light: Collection[str] = (),
) -> Version:
    """The graph published: nodes have no side effects and run in `core` unless told otherwise; a node has the
    ports that edges leave from."""
    ports = {node.id: [OUT] for node in of.nodes}
    for edge in of.edges:
        ports[edge.source] = list(dict.fromkeys([*ports[edge.source], edge.port]))
    return Version(
        id=version_id,
        workspace_id=workspace_id,
        workflow_id=version_id.partition(":")[0],
        number=int(version_id.partition(":")[2]),
        graph=of.model_dump_json(),
        frozen={
            node_id: FrozenNode(
                pool=(pools or {}).get(node_id, "core"),
                ports=found,
                side_effects=(side_effects or {}).get(node_id, "none"),
                light=node_id in light,
            )
            for node_id, found in ports.items()
        },
        created_at=NOW,
    )


def pinned(of: Graph, **frozen: Any) -> PinnedGraph:
    """The graph as the planner sees it; `frozen` as for `version`."""
    return PinnedGraph.of(version(of, **frozen))


def run(run_id: str = "run_1", **changes: Any) -> Run:
    """A run that was just inserted."""
    fresh = Run(
        id=run_id,
        workspace_id=WORKSPACE,
        workflow_id="wf_1",
        version="wf_1:1",
        trigger=Cause(kind="api"),
        status="queued",
        rev=1,
        wake_at=NOW,
        input=inline("{}"),
        created_at=NOW,
    )
    return fresh.model_copy(update=changes)


def succeeded(
    node_id: str, port: str = OUT, output: Any = None, *, attempt: int = 1, at: int = NOW
) -> NodeResult:
    """A node's success."""
    return NodeResult(
        node=node_id,
        attempt=attempt,
        status="succeeded",
        port=port,
        output=inline(to_json(output)),
        started_at=at,
        finished_at=at,
    )


def failed(
    node_id: str, code: str = "unavailable", *, attempt: int = 1, at: int = NOW, **details: Any
) -> NodeResult:
    """A node's failure."""
    return NodeResult(
        node=node_id,
        attempt=attempt,
        status="failed",
        failure=failure(code, f"{node_id} answered {code}", node=node_id, **details),
        started_at=at,
        finished_at=at,
    )


def finished(*results: NodeResult, run_id: str = "run_1", stored: bool = False) -> NodeFinished:
    """The message that brings these results; the first of them is the head."""
    return NodeFinished(
        run_id=run_id,
        workspace_id=WORKSPACE,
        head=results[0].node,
        attempt=results[0].attempt,
        executor="executor_1",
        stored=stored,
        results=list(results),
    )
