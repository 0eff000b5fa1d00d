"""What can run now, what is dead, and which nodes go together in one message. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Literal

from shared.contracts.graph import Edge
from shared.contracts.run import NODE_FINISHED, NodeState
from shared.contracts.version import PinnedGraph
from shared.contracts.webhook import RESPOND

EdgeState = Literal["taken", "dead", "open"]
MAX_TREE = 100
UNTOUCHED = NodeState()


def edge_state(edge: Edge, nodes: Mapping[str, NodeState]) -> EdgeState:
    """`taken` when its source left through its port, `dead` when it no longer can, else `open`."""
    source = nodes.get(edge.source, UNTOUCHED)
    if source.status not in NODE_FINISHED:
        return "open"
    return "taken" if source.port == edge.port else "dead"


def untouched(nodes: Mapping[str, NodeState], node_id: str) -> bool:
    """Whether nothing has been decided about a node, or all of it was taken back."""
    return node_id not in nodes or nodes[node_id].reset


def settle(
    graph: PinnedGraph, nodes: dict[str, NodeState], finished: Iterable[str], skipped: NodeState
) -> tuple[list[str], list[str]]:
    """Follow the edges of nodes that just finished: the nodes that became ready, and those that are dead.

    Dead nodes are entered
    into `nodes` as `skipped`, so that their own edges die with them."""
    ready: list[str] = []
    dead: list[str] = []
    queue = deque(finished)
    while queue:
        for edge in graph.outgoing[queue.popleft()]:
            target = edge.target
            if not untouched(nodes, target) or target in ready:
                continue
            verdict = _verdict(graph, nodes, target)
            if verdict == "taken":
                ready.append(target)
            elif verdict == "dead":
                made = nodes.get(target, UNTOUCHED).attempt
                nodes[target] = skipped.model_copy(update={"attempt": made}) if made else skipped
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


def tree_from(graph: PinnedGraph, nodes: Mapping[str, NodeState], head: str) -> list[str]:
    """The nodes to send in one message with `head`, depth first: those of its own kind that only it leads to.

    A single successor always joins (a linear chain); of several successors only the light ones without side
    effects do, for they cost less than a message each. Nodes that must not be repeated travel alone."""
    kind, pool = graph.frozen[head].side_effects, graph.frozen[head].pool
    tree: list[str] = []
    stack = [head] if kind != "once" else []
    while stack and len(tree) < MAX_TREE:
        node_id = stack.pop()
        tree.append(node_id)
        targets = [edge.target for edge in graph.outgoing[node_id]]
        joining = [
            target
            for target in targets
            if (frozen := graph.frozen[target]).side_effects == kind
            and frozen.pool == pool
            and (len(targets) == 1 or (frozen.light and kind == "none"))
            and graph.nodes[node_id].type != RESPOND  # somebody waits for what it says
            and len(graph.incoming[target]) == 1
            and untouched(nodes, target)
        ]
        stack.extend(reversed(joining))
    return tree or [head]


def sent_with(graph: PinnedGraph, nodes: Mapping[str, NodeState], head: str) -> list[str]:
    """The nodes that were sent in one message with `head`, in the order they were sent."""
    attempt = nodes[head].head_attempt
    sent: list[str] = []
    stack = [head]
    while stack:
        node_id = stack.pop()
        sent.append(node_id)
        targets = [edge.target for edge in graph.outgoing[node_id]]
        stack.extend(
            target
            for target in reversed(targets)
            if (state := nodes.get(target, UNTOUCHED)).head == head and state.head_attempt == attempt
        )
    return sent
