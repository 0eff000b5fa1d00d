"""Re-runs: which nodes of a new run begin with the result that they had in an old one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from services.gateway.errors import Refused
from shared.contracts.graph import Node
from shared.contracts.run import NodeState, Run
from shared.contracts.version import PinnedGraph

TRIGGER = "trigger"


@dataclass(frozen=True)
class Again:
    """How a run is to be run again: from the node `start`, or from where it ended when that is None."""

    start: str | None = None
    only: bool = False
    new_input: bool = False


def taken_over(old: Run, before: PinnedGraph, after: PinnedGraph, again: Again) -> dict[str, NodeState]:
    """The states that nodes of the new run begin in; a node without one is run.

    A node keeps its result unless it is `start` or behind it, is not what it was in the other version, is fed
    by a node that is run again, or (where no `start` says otherwise) reads an input that has changed. Raises
    Refused when `start` is not in the graph, or nothing can lead to it."""
    if again.start is not None and again.start not in after.nodes:
        raise Refused("unknown_node", f"There is no node {again.start!r} in version {after.version_id!r}")
    if again.start is None and old.status == "succeeded":
        return {}
    afresh = downstream(after, again.start) if again.start else set[str]()
    same_graph = before.version_id == after.version_id
    kept: dict[str, NodeState] = {}
    for node_id in TopologicalSorter(_sources(after)).static_order():
        state = old.nodes.get(node_id)
        if state is None or not _has_result(state) or node_id in afresh:
            continue
        if not same_graph and not _unchanged(before, after, node_id):
            continue
        if again.start is None and again.new_input and TRIGGER in after.frozen[node_id].roots:
            continue
        if _fed(after, node_id, kept, some_will_do=same_graph and state.status != "skipped"):
            kept[node_id] = _copied(state, old.id)
    if again.start:
        _check_reached(after, again.start, kept)
    return {**kept, **_left_out(after, again.start, kept)} if again.only and again.start else kept


def downstream(graph: PinnedGraph, node_id: str) -> set[str]:
    """The node, and all that edges lead to from it."""
    targets = {each: {edge.target for edge in edges} for each, edges in graph.outgoing.items()}
    return _reachable(targets, node_id)


def _has_result(state: NodeState) -> bool:
    """Whether the graph has gone on behind it."""
    return state.status in ("succeeded", "skipped") or (state.status == "failed" and state.port is not None)


def _copied(state: NodeState, run_id: str) -> NodeState:
    return NodeState(
        status=state.status,
        attempt=state.attempt,
        port=state.port,
        head=state.head,
        head_attempt=state.head_attempt,
        started_at=state.started_at,
        finished_at=state.finished_at,
        failure=state.failure,
        source=state.source or run_id,
    )


def _unchanged(before: PinnedGraph, after: PinnedGraph, node_id: str) -> bool:
    """Whether the node does the same in both versions, and is reached in the same way."""
    then, now = before.nodes.get(node_id), after.nodes[node_id]
    if then is None or _doing(then) != _doing(now):
        return False
    edges = [{(edge.source, edge.port) for edge in each.incoming[node_id]} for each in (before, after)]
    return edges[0] == edges[1]


def _doing(node: Node) -> tuple[object, ...]:
    return node.type, node.config, node.credential_id, node.join


def _fed(graph: PinnedGraph, node_id: str, kept: Mapping[str, NodeState], *, some_will_do: bool) -> bool:
    """Whether what led to the node is kept; a node that did not wait for all of it needs but one."""
    sources = {edge.source for edge in graph.incoming[node_id]}
    if some_will_do and graph.nodes[node_id].join == "any":
        return not sources or not sources.isdisjoint(kept)
    return sources <= kept.keys()


def _check_reached(graph: PinnedGraph, start: str, kept: Mapping[str, NodeState]) -> None:
    edges = graph.incoming[start]
    dead = [edge for edge in edges if edge.source in kept and kept[edge.source].port != edge.port]
    if edges and len(dead) == len(edges):
        said = "; ".join(f"{edge.source!r} did not leave through {edge.port!r}" for edge in dead[:3])
        raise Refused("not_reached", f"With the results before it, nothing leads to node {start!r}: {said}")


def _left_out(graph: PinnedGraph, start: str, kept: Mapping[str, NodeState]) -> dict[str, NodeState]:
    """All that is neither kept, nor the one node to run, nor needed for it."""
    needed = _reachable(_sources(graph), start)
    return {
        each: NodeState(status="skipped") for each in graph.nodes if each not in kept and each not in needed
    }


def _sources(graph: PinnedGraph) -> dict[str, set[str]]:
    return {node_id: {edge.source for edge in edges} for node_id, edges in graph.incoming.items()}


def _reachable(neighbours: Mapping[str, set[str]], start: str) -> set[str]:
    """The node and all that can be reached from it."""
    found, stack = {start}, [start]
    while stack:
        fresh = neighbours[stack.pop()] - found
        found |= fresh
        stack.extend(fresh)
    return found
