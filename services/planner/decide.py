"""From a run and what has happened to a decision. Pure: no clock, no chance, no I/O; the same input, the same
answer.

The transition table heads `transitions.py`; each rule here says which facts lead to which transitions. Rules
are guarded by status and attempt, so that a repeated, late or reordered fact decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.planner.children import (
    ChildBegun,
    ChildFinished,
    Ungatherable,
    child_begun,
    child_finished,
    drain,
    release,
)
from services.planner.control import control
from services.planner.readiness import edge_state, sent_with, tree_from
from services.planner.settling import conclude, follow, make_eligible
from services.planner.suspending import suspend, wake_suspended
from services.planner.transitions import Decision, Draft
from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished, NodeStarted, RunControl, RunRequested
from shared.contracts.failure import failure
from shared.contracts.graph import MOST_PARALLEL, NODE_TIMEOUT_S
from shared.contracts.node_run import NodeResult
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, Run, has_children
from shared.contracts.version import PinnedGraph

RESEND_MS = 30_000
MAX_RESEND_MS = 900_000
TIMEOUT_GRACE_MS = 30_000
ADMIT_AGAIN_MS = 60_000


@dataclass(frozen=True)
class Woken:
    """The run's `wake_at` has come. `claimed` are heads in flight that an executor with side effects works
    on, `begun` the ids of child runs that there are; nodes due after `looked_at` were not looked for."""

    claimed: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()
    looked_at: Millis | None = None


@dataclass(frozen=True)
class Admission:
    """Whether a run that shares a concurrency key, or executors, with others may start. One that is waiting
    is looked at again after `again_ms` if nobody has called it."""

    answer: Literal["granted", "waiting", "rejected"]
    reason: str = ""
    again_ms: Millis = ADMIT_AGAIN_MS


Fact = (
    RunRequested
    | RunControl
    | NodeStarted
    | NodeFinished
    | Woken
    | Admission
    | ChildFinished
    | ChildBegun
    | Ungatherable
)


def decide(run: Run, graph: PinnedGraph, facts: Sequence[Fact], now: Millis) -> Decision:
    """The run after these facts, and what has to be stored, published and stopped because of them."""
    draft = Draft(run, now)
    for fact in facts:
        if draft.finished:
            _after_the_end(draft, fact)
        else:
            _take(draft, graph, fact)
    for node_id in draft.windows:
        if draft.state(node_id).status == "suspended":
            release(draft, graph, node_id)
    if draft.status == "running":
        _dispatch(draft, graph)
        _finish_run(draft, graph)
    # What was to be sent again may have been stopped by what came after.
    draft.sends = [each for each in draft.sends if draft.state(each).status == "ready"]
    if draft.status != "running":
        draft.spawns.clear()  # those of a paused run are begun when it is looked at after the pause
    return draft.decision()


def _take(draft: Draft, graph: PinnedGraph, fact: Fact) -> None:
    match fact:
        case RunRequested():
            _start(draft, graph)
        case Admission():
            _admitted(draft, graph, fact)
        case RunControl():
            control(draft, graph, fact)
        case NodeStarted():
            _node_started(draft, graph, fact)
        case NodeFinished():
            _node_finished(draft, graph, fact)
        case ChildFinished():
            child_finished(draft, graph, fact)
        case ChildBegun():
            child_begun(draft, graph, fact)
        case Ungatherable():
            draft.ungatherable[fact.node] = fact.failure
        case Woken():
            _woken(draft, graph, fact)


def _after_the_end(draft: Draft, fact: Fact) -> None:
    """Child runs that are still open are told once more, as a crash may have kept it from them."""
    match fact:
        case Woken():
            for node_id in draft.nodes:
                draft.tell_children(node_id, "cancel")
        case _:
            pass


def _start(draft: Draft, graph: PinnedGraph) -> None:
    """Begin, unless the run has to be admitted first. What was taken over from another run has been done."""
    if graph.settings.concurrency and draft.run.level == "top" and not draft.admitted:
        return
    deadline = draft.now + int(graph.timeout_s * 1000)
    if draft.move_run("run.started", started_at=draft.now, deadline_at=deadline):
        done = [node_id for node_id, state in draft.nodes.items() if state.status in NODE_FINISHED]
        make_eligible(draft, [each for each in graph.starts if each not in draft.nodes])
        follow(draft, graph, done)


def _admitted(draft: Draft, graph: PinnedGraph, fact: Admission) -> None:
    if draft.status != "queued":
        return
    match fact.answer:
        case "granted":
            draft.admitted = True
            _start(draft, graph)
        case "waiting":
            draft.touched = True
            draft.again_at = draft.now + fact.again_ms
        case "rejected":
            draft.stop("run.failed", failure("concurrency_limit", fact.reason), list(graph.nodes))


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
        _answered(draft, graph, fact, result)
        if draft.finished:
            return
    if not answered:
        return
    for node_id in sent:
        state = draft.state(node_id)
        if state.status == "pending" and state.head == fact.head:
            draft.untouch(node_id)
    follow(draft, graph, [each for each in answered if draft.state(each).status in NODE_FINISHED])


def _answered(draft: Draft, graph: PinnedGraph, fact: NodeFinished, result: NodeResult) -> None:
    if result.node != fact.head:
        draft.move("node.ready", result.node, ready_at=result.started_at)
    if result.directive:
        suspend(draft, graph, result)
        return
    draft.results.setdefault((fact.head, fact.attempt), []).append(result)
    conclude(draft, graph, result)


def _awaited(draft: Draft, graph: PinnedGraph, fact: NodeFinished, result: NodeResult) -> bool:
    """Whether this node went with that message and has not answered yet. A node behind the head must also be
    one that the results before it lead to: what an executor ran too much or out of order does not count."""
    state = draft.state(result.node)
    if (state.head, state.head_attempt, state.attempt) != (fact.head, fact.attempt, result.attempt):
        return False
    if state.turn != result.turn:
        return False
    if result.node == fact.head:
        return state.status in IN_FLIGHT
    return state.status == "pending" and edge_state(graph.incoming[result.node][0], draft.nodes) == "taken"


def _woken(draft: Draft, graph: PinnedGraph, fact: Woken) -> None:
    draft.touched = draft.run.wake_at is not None and draft.run.wake_at <= draft.now
    if draft.status == "queued":
        _start(draft, graph)
        return
    deadline = draft.deadline_at
    if deadline is not None and draft.now >= deadline and draft.status != "paused":
        message = f"the run did not finish within its {graph.timeout_s:g} s"
        draft.stop("run.failed", failure("timeout", message), list(graph.nodes))
        return
    looked_at = draft.now if fact.looked_at is None else fact.looked_at
    for node_id in list(draft.nodes):
        state = draft.state(node_id)
        if state.wake_at is None or state.wake_at > looked_at or draft.finished:
            continue
        if state.status == "pending":
            draft.set(node_id, wake_at=None)
            draft.eligible.append(node_id)
        elif state.status == "running":
            _overdue(draft, graph, node_id)
        elif state.status == "ready":
            _look_again(draft, node_id, send=node_id not in fact.claimed)
        elif state.status == "suspended":
            wake_suspended(draft, graph, node_id, fact.begun)
        elif state.suspended:
            drain(draft, node_id, fact.begun)


def _overdue(draft: Draft, graph: PinnedGraph, node_id: str) -> None:
    """An executor that should have given up long ago has said nothing: the attempt has timed out."""
    state = draft.state(node_id)
    late = failure("timeout", "no result came within the node's timeout", node=node_id)
    result = NodeResult(
        node=node_id,
        attempt=state.attempt,
        turn=state.turn,
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
    """Send eligible nodes while fewer than `max_parallel` messages are in flight. Where the plan limits that,
    nodes whose child runs are under way count as well."""
    states, limit = draft.nodes.values(), draft.run.max_parallel
    in_flight = sum(1 for each in states if each.status in IN_FLIGHT or (limit and has_children(each)))
    while draft.eligible and in_flight < min(graph.settings.max_parallel, limit or MOST_PARALLEL):
        head = draft.eligible.pop(0)
        state = draft.state(head)
        if state.status not in ("pending", "suspended"):
            continue
        attempt = state.attempt + (state.status == "pending")
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
            draft.set(node_id, attempt=draft.state(node_id).attempt + 1, reset=False, **sent)
        draft.sends.append(head)
        in_flight += 1


def _finish_run(draft: Draft, graph: PinnedGraph) -> None:
    if all(draft.state(node_id).status in NODE_FINISHED for node_id in graph.nodes):
        for node_id in graph.nodes:
            draft.tell_children(node_id, "cancel")
        if found := draft.ungatherable.get(""):
            draft.move_run("run.failed", failure=found, finished_at=draft.now)
        else:
            draft.move_run("run.succeeded", finished_at=draft.now)
