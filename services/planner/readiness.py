"""What can run now, what is dead, and which nodes go together in one message. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Literal

from shared.contracts.graph import Edge
from shared.contracts.run import NODE_FINISHED, NodeState
from shared.contracts.version import PinnedGraph

EdgeState = Literal["taken", "dead", "open"]
MAX_CHAIN = 100
UNTOUCHED = NodeState()


def edge_state(edge: Edge, nodes: Mapping[str, NodeState]) -> EdgeState:
    """`taken` when its source left through its port, `dead` when it no longer can, else `open`."""
    source = nodes.get(edge.source, UNTOUCHED)
    if source.status not in NODE_FINISHED:
        return "open"
    return "taken" if source.port == edge.port else "dead"


def settle(
    graph: PinnedGraph, nodes: dict[str, NodeState], finished: Iterable[str], skipped: NodeState
) -> tuple[list[str], list[str]]:
    """Follow the edges of nodes that just finished: the nodes that became ready, and those that are dead.

    A node without an entry in `nodes` is untouched: nothing has been decided about it. Dead nodes are entered
    into `nodes` as `skipped`, so that their own edges die with them."""
    ready: list[str] = []
    dead: list[str] = []
    queue = deque(finished)
    while queue:
        for edge in graph.outgoing[queue.popleft()]:
            target = edge.target
            if target in nodes or target in ready:
                continue
            verdict = _verdict(graph, nodes, target)
            if verdict == "taken":
                ready.append(target)
            elif verdict == "dead":
                nodes[target] = skipped
                dead.append(target)
                queue.append(target)
    return ready, dead


def _verdict(graph: PinnedGraph, nodes: Mapping[str, NodeState], node_id: str) -> EdgeState:
    states = {edge_state(edge, nodes) for edge in graph.incoming[node_id]}
    if graph.nodes[node_id].join == "any" and "taken" in states:
        return "taken"
    if "open" in states:
        return "open"
    return "taken" if "taken" in states else "dead"


def chain_from(graph: PinnedGraph, nodes: Mapping[str, NodeState], head: str) -> list[str]:
    """The maximal linear chain of nodes without side effects that starts at `head`; just `[head]` for any
    other."""
    chain = [head]
    pool = graph.frozen[head].pool
    while graph.frozen[chain[-1]].side_effects == "none" and len(chain) < MAX_CHAIN:
        outgoing = graph.outgoing[chain[-1]]
        if len(outgoing) != 1:
            break
        following = outgoing[0].target
        frozen = graph.frozen[following]
        if len(graph.incoming[following]) != 1 or frozen.side_effects != "none" or frozen.pool != pool:
            break
        if following in nodes:
            break
        chain.append(following)
    return chain


def sent_with(graph: PinnedGraph, nodes: Mapping[str, NodeState], head: str) -> list[str]:
    """The nodes that were sent in one message with `head`, in order."""
    attempt = nodes[head].head_attempt
    chain = [head]
    while len(graph.outgoing[chain[-1]]) == 1:
        following = graph.outgoing[chain[-1]][0].target
        state = nodes.get(following, UNTOUCHED)
        if following == head or (state.head, state.head_attempt) != (head, attempt):
            break
        chain.append(following)
    return chain
