"""What a node's outcome leads to: its ports, another attempt, the nodes behind it. Pure."""

from collections.abc import Sequence

from services.planner.readiness import settle
from services.planner.retry import delay_after, may_retry
from services.planner.transitions import Draft
from shared.contracts.failure import Failure, brief
from shared.contracts.graph import FAILURE, OUT
from shared.contracts.node_run import NodeResult
from shared.contracts.run import NODE_FINISHED, NodeState, Suspension
from shared.contracts.value import Value
from shared.contracts.version import PinnedGraph


def make_eligible(draft: Draft, node_ids: Sequence[str]) -> None:
    """These nodes may be sent."""
    for node_id in node_ids:
        draft.nodes.setdefault(node_id, NodeState())
        if draft.state(node_id).reset:
            draft.set(node_id, reset=False)
        draft.eligible.append(node_id)


def conclude(draft: Draft, graph: PinnedGraph, result: NodeResult, *, again: bool | None = None) -> None:
    """Make of a node what its result says: succeeded, failed, or waiting for another attempt, as its policy
    says unless it is said already."""
    node = graph.nodes[result.node]
    if node.id in draft.eligible:
        draft.eligible.remove(node.id)
    draft.spend(result.usage)
    times = {"started_at": result.started_at, "finished_at": result.finished_at, "wake_at": None}
    done = {**times, "suspended": None, "deadline_at": None}
    if result.failure is None:
        draft.move("node.succeeded", node.id, port=result.port or OUT, failure=None, **done)
        return
    found = result.failure.model_copy(update={"node": node.id})
    attempt = draft.state(node.id).attempt
    if again is None:
        again = may_retry(node.policy.retry, found, attempt, graph.frozen[node.id].side_effects)
    if again:
        wait = 0 if draft.run.dry else delay_after(node.policy.retry, found, draft.run.id, node.id, attempt)
        wake_at = draft.now + wait if wait > 0 else None
        left = {"head": None, "wake_at": wake_at, "resends": 0, "suspended": None, "turn": 0}
        draft.move("node.retrying", node.id, failure=brief(found), deadline_at=None, **left)
        if wake_at is None:
            draft.eligible.append(node.id)
        return
    port = _port_of_failure(graph, node.id)
    draft.move("node.failed", node.id, port=port, failure=brief(found), **done)
    if port is None:
        draft.stop("run.failed", found, list(graph.nodes))


def conclude_suspended(
    draft: Draft,
    graph: PinnedGraph,
    node_id: str,
    *,
    output: Value | None = None,
    port: str = OUT,
    failure: Failure | None = None,
    final: bool = False,
) -> None:
    """A suspended node has come to its end: its result is kept and the graph goes on. What was lost in a
    child run may have had effects. A `final` failure gets no other attempt."""
    state = draft.state(node_id)
    suspended: Suspension = state.suspended  # type: ignore[assignment]
    result = NodeResult(
        node=node_id,
        attempt=state.attempt,
        status="failed" if failure else "succeeded",
        port=None if failure else port,
        output=None if failure else output,
        input=suspended.input,
        failure=failure,
        logs=suspended.logs,
        started_at=suspended.started_at,
        finished_at=draft.now,
    )
    draft.results[node_id, state.attempt] = [result]
    policy = graph.nodes[node_id].policy.retry
    again = failure is not None and not final and may_retry(policy, failure, state.attempt, "once")
    conclude(draft, graph, result, again=again)
    if draft.state(node_id).status in NODE_FINISHED and not draft.finished:
        follow(draft, graph, [node_id])


def follow(draft: Draft, graph: PinnedGraph, done: Sequence[str]) -> None:
    """Settle the edges of nodes that have finished."""
    skipped: NodeState = NodeState(status="skipped", finished_at=draft.now)
    ready, dead = settle(graph, draft.nodes, done, skipped)
    for node_id in dead:
        draft.nodes[node_id] = NodeState(attempt=draft.state(node_id).attempt)
        draft.move("node.skipped", node_id, finished_at=draft.now)
    make_eligible(draft, ready)


def _port_of_failure(graph: PinnedGraph, node_id: str) -> str | None:
    """The port through which a failure leaves; none where it ends the run. A type may have one of its own."""
    policy = graph.nodes[node_id].policy.on_failure
    if policy == "stop" and FAILURE in graph.frozen[node_id].ports:
        return FAILURE
    return {"stop": None, "continue": OUT, "port": FAILURE}[policy]
