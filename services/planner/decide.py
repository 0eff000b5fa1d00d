"""From a run and what has happened to a decision. Pure: no clock, no chance, no I/O; the same input, the same
answer.

The transition table heads `transitions.py`; each rule here says which facts lead to which transitions. Rules
are guarded by status and attempt, so that a repeated, late or reordered fact decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.readiness import edge_state, sent_with, settle, tree_from
from services.planner.retry import delay_after, may_retry
from services.planner.transitions import Decision, Draft
from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished, NodeStarted, RunControl, RunRequested
from shared.contracts.failure import failure
from shared.contracts.graph import FAILURE, NODE_TIMEOUT_S, OUT
from shared.contracts.node_run import NodeResult
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, NodeState, Run
from shared.contracts.version import PinnedGraph

RESEND_MS = 30_000
MAX_RESEND_MS = 900_000
TIMEOUT_GRACE_MS = 30_000


@dataclass(frozen=True)
class Woken:
    """The run's `wake_at` has come. `claimed` are heads in flight that an executor with side effects works
    on."""

    claimed: frozenset[str] = frozenset()


Fact = RunRequested | RunControl | NodeStarted | NodeFinished | Woken


def decide(run: Run, graph: PinnedGraph, facts: Sequence[Fact], now: Millis) -> Decision:
    """The run after these facts, and what has to be stored, published and stopped because of them."""
    draft = Draft(run, now)
    for fact in facts:
        if draft.finished:
            break
        match fact:
            case RunRequested():
                _start(draft, graph)
            case RunControl():
                draft.stop("run.cancelled", None, list(graph.nodes))
                draft.changes["cancel_reason"] = fact.reason or None
            case NodeStarted():
                _node_started(draft, graph, fact)
            case NodeFinished():
                _node_finished(draft, graph, fact)
            case Woken():
                _woken(draft, graph, fact)
    if draft.status == "running":
        _dispatch(draft, graph)
        _finish_run(draft, graph)
    return draft.decision()


def _start(draft: Draft, graph: PinnedGraph) -> None:
    deadline = draft.now + int(graph.timeout_s * 1000)
    if draft.move_run("run.started", started_at=draft.now, deadline_at=deadline):
        _make_eligible(draft, graph.starts)


def _make_eligible(draft: Draft, node_ids: Sequence[str]) -> None:
    for node_id in node_ids:
        draft.nodes.setdefault(node_id, NodeState())
        draft.eligible.append(node_id)


def _node_started(draft: Draft, graph: PinnedGraph, fact: NodeStarted) -> None:
    state = draft.state(fact.node)
    if state.attempt == fact.attempt and state.head == fact.node:
        sent = sent_with(graph, draft.nodes, fact.node)
        timeout_ms = int(sum(graph.nodes[each].policy.timeout_s or NODE_TIMEOUT_S for each in sent) * 1000)
        wake_at = draft.now + timeout_ms + TIMEOUT_GRACE_MS
        draft.move("node.started", fact.node, started_at=fact.at, wake_at=wake_at)


def _node_finished(draft: Draft, graph: PinnedGraph, fact: NodeFinished) -> None:
    if fact.head not in draft.nodes:
        return
    sent = sent_with(graph, draft.nodes, fact.head)
    answered: list[str] = []
    for result in fact.results:
        if not _awaited(draft, graph, fact, result):
            continue
        answered.append(result.node)
        draft.results.setdefault((fact.head, fact.attempt), []).append(result)
        if result.node != fact.head:
            draft.move("node.ready", result.node, ready_at=result.started_at)
        _result(draft, graph, result)
        if draft.finished:
            return
    if not answered:
        return
    for node_id in sent:
        state = draft.state(node_id)
        if state.status == "pending" and state.head == fact.head:
            del draft.nodes[node_id]
    _follow(draft, graph, [each for each in answered if draft.state(each).status in NODE_FINISHED])


def _awaited(draft: Draft, graph: PinnedGraph, fact: NodeFinished, result: NodeResult) -> bool:
    """Whether this node went with that message and has not answered yet. A node behind the head must also be
    one that the results before it lead to: what an executor ran too much or out of order does not count."""
    state = draft.state(result.node)
    if (state.head, state.head_attempt, state.attempt) != (fact.head, fact.attempt, result.attempt):
        return False
    if result.node == fact.head:
        return state.status in IN_FLIGHT
    return state.status == "pending" and edge_state(graph.incoming[result.node][0], draft.nodes) == "taken"


def _result(draft: Draft, graph: PinnedGraph, result: NodeResult) -> None:
    node = graph.nodes[result.node]
    times = {"started_at": result.started_at, "finished_at": result.finished_at, "wake_at": None}
    if result.failure is None:
        draft.move("node.succeeded", node.id, port=result.port or OUT, failure=None, **times)
        return
    found = result.failure.model_copy(update={"node": node.id})
    attempt = draft.state(node.id).attempt
    if may_retry(node.policy.retry, found, attempt, graph.frozen[node.id].side_effects):
        wait = delay_after(node.policy.retry, found, draft.run.id, node.id, attempt)
        wake_at = draft.now + wait if wait > 0 else None
        draft.move("node.retrying", node.id, failure=found, head=None, wake_at=wake_at, resends=0)
        if wake_at is None:
            draft.eligible.append(node.id)
        return
    port = {"stop": None, "continue": OUT, "port": FAILURE}[node.policy.on_failure]
    draft.move("node.failed", node.id, port=port, failure=found, **times)
    if node.policy.on_failure == "stop":
        draft.stop("run.failed", found, list(graph.nodes))


def _follow(draft: Draft, graph: PinnedGraph, done: Sequence[str]) -> None:
    """Settle the edges of nodes that have finished."""
    skipped: NodeState = NodeState(status="skipped", finished_at=draft.now)
    ready, dead = settle(graph, draft.nodes, done, skipped)
    for node_id in dead:
        del draft.nodes[node_id]
        draft.move("node.skipped", node_id, finished_at=draft.now)
    _make_eligible(draft, ready)


def _woken(draft: Draft, graph: PinnedGraph, fact: Woken) -> None:
    draft.touched = draft.run.wake_at is not None and draft.run.wake_at <= draft.now
    if draft.status == "queued":
        _start(draft, graph)
        return
    if draft.run.deadline_at is not None and draft.now >= draft.run.deadline_at:
        message = f"the run did not finish within its {graph.timeout_s:g} s"
        draft.stop("run.failed", failure("timeout", message), list(graph.nodes))
        return
    for node_id in list(draft.nodes):
        state = draft.state(node_id)
        if state.wake_at is None or state.wake_at > draft.now or draft.finished:
            continue
        if state.status == "pending":
            draft.set(node_id, wake_at=None)
            draft.eligible.append(node_id)
        elif state.status == "running":
            _overdue(draft, graph, node_id)
        elif state.status == "ready":
            _look_again(draft, node_id, send=node_id not in fact.claimed)


def _overdue(draft: Draft, graph: PinnedGraph, node_id: str) -> None:
    """An executor that should have given up long ago has said nothing: the attempt has timed out."""
    state = draft.state(node_id)
    late = failure("timeout", "no result came within the node's timeout", node=node_id)
    result = NodeResult(
        node=node_id,
        attempt=state.attempt,
        status="failed",
        failure=late,
        started_at=state.started_at or draft.now,
        finished_at=draft.now,
    )
    missed = NodeFinished(
        run_id=draft.run.id,
        workspace_id=draft.run.workspace_id,
        head=node_id,
        attempt=state.head_attempt,
        executor="planner",
        results=[result],
    )
    _node_finished(draft, graph, missed)


def _look_again(draft: Draft, node_id: str, *, send: bool) -> None:
    """No sign of a sent node: send it again (whoever has it already, ignores that), less and less often."""
    resends = draft.state(node_id).resends + 1
    wake_at = draft.now + min(RESEND_MS * 2**resends, MAX_RESEND_MS)
    draft.set(node_id, resends=resends, wake_at=wake_at)
    if send:
        draft.sends.append(node_id)


def _dispatch(draft: Draft, graph: PinnedGraph) -> None:
    """Send eligible nodes while fewer than `max_parallel` messages are in flight."""
    in_flight = sum(1 for state in draft.nodes.values() if state.status in IN_FLIGHT)
    while draft.eligible and in_flight < graph.settings.max_parallel:
        head = draft.eligible.pop(0)
        attempt = draft.state(head).attempt + 1
        tree = tree_from(graph, draft.nodes, head)
        sent = {"head": head, "head_attempt": attempt, "port": None, "failure": None, "resends": 0}
        draft.move(
            "node.ready",
            head,
            attempt=attempt,
            ready_at=draft.now,
            started_at=None,
            finished_at=None,
            wake_at=draft.now + RESEND_MS,
            **sent,
        )
        for node_id in tree[1:]:
            draft.set(node_id, attempt=1, **sent)
        draft.sends.append(head)
        in_flight += 1


def _finish_run(draft: Draft, graph: PinnedGraph) -> None:
    if all(draft.state(node_id).status in NODE_FINISHED for node_id in graph.nodes):
        draft.move_run("run.succeeded", finished_at=draft.now)
