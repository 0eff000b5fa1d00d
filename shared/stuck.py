"""Why an unfinished run would not go on. Pure.

Whatever a run waits for, be it a message, an executor's lease or its child runs, may get lost. So each is
proved by a time at which the planner looks again, no later than is usual for such a thing; a person needs
none. What is found here has no such time, or one that has long passed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.contracts.base import Millis
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.node_run import node_run_id
from shared.contracts.run import IN_FLIGHT, RUN_FINISHED, NodeState, Run, child_id, has_children

SLACK_MS = 60_000
"""Clocks differ, and a planner that is busy comes late."""
OVERDUE_MS = 300_000
FLUSH_MS = 10_000
CHILDREN_MS = 30_000
LOOK_MS = 900_000
RETRY_MS = 172_800_000
"""Within these times the planner looks again: for unpublished events, for child runs, for what was sent or is
queued or paused, and for another attempt."""

REVIVE = "pause it and resume it"

Code = Literal[
    "no_timer",
    "late_timer",
    "overdue",
    "not_sent",
    "nothing_under_way",
    "nothing_awaited",
    "executor_gone",
    "child_missing",
]


@dataclass(frozen=True)
class Reason:
    """What is missing, of which node if it is one's, and what to do about it."""

    code: Code
    said: str
    cure: str
    node: str | None = None


@dataclass(frozen=True)
class Known:
    """What is known besides the run: executors that are gone by the id of the claim they have left, and child
    runs that are not there."""

    gone: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: frozenset[str] = frozenset()


NOTHING = Known()


def why_stuck(run: Run, now: Millis, known: Known = NOTHING) -> list[Reason]:
    """Everything that keeps the run from going on by itself; nothing for one that is as it should be."""
    if run.status in RUN_FINISHED:
        return []
    nodes = [each for node_id in run.nodes for each in _of_node(run, node_id, now, known)]
    return [*_timer(run, now), *(_under_way(run) if run.status == "running" else ()), *nodes]


def claims_in_doubt(run: Run, now: Millis) -> dict[str, str]:
    """Nodes in flight that nobody looks at soon, by the id of the claim an executor may have on each."""
    return {
        node_run_id(run.id, node_id, state.head_attempt): node_id
        for node_id, state in run.nodes.items()
        if state.status in IN_FLIGHT and (state.wake_at is None or state.wake_at > now + SLACK_MS)
    }


def children_in_doubt(run: Run, now: Millis) -> list[str]:
    """Child runs that should be there and that nobody looks for in time."""
    return [
        child_id(run.id, node_id, key)
        for node_id, state in run.nodes.items()
        if _is_late(state.wake_at, now + CHILDREN_MS)
        for key in _open(state)
    ]


def _timer(run: Run, now: Millis) -> Iterator[Reason]:
    cure = {"queued": "cancel it and start it again", "paused": "resume it"}.get(run.status, REVIVE)
    latest = _latest(run, now)
    if run.wake_at is None:
        yield Reason("no_timer", "nothing will look at it again", cure)
    elif run.wake_at < now - OVERDUE_MS:
        late_s = (now - run.wake_at) // 1000
        yield Reason(
            "overdue", f"it was to be woken {late_s:,} s ago", "see whether a planner is up, and its log"
        )
    elif _is_late(run.wake_at, latest):
        later_s = (run.wake_at - latest) // 1000
        yield Reason("late_timer", f"it is to be woken {later_s:,} s later than it has to be", cure)


def _latest(run: Run, now: Millis) -> Millis:
    """When the run has to be looked at again at the latest."""
    times = [state.wake_at for state in run.nodes.values() if state.wake_at is not None]
    if run.deadline_at is not None and run.status != "paused":
        times.append(run.deadline_at)
    if run.outbox:
        times.append(now + FLUSH_MS)
    if run.status == "queued" or not times:
        times.append(now + LOOK_MS)
    return min(times)


def _under_way(run: Run) -> Iterator[Reason]:
    """A running run has something in flight, or some node that waits."""
    states = run.nodes.values()
    in_flight = any(state.status in IN_FLIGHT for state in states)
    in_flight = in_flight or (run.max_parallel is not None and any(map(has_children, states)))
    waits = any(state.status == "suspended" or _waits_to_retry(state) for state in states)
    if run.eligible and not in_flight:
        yield Reason("not_sent", f"{', '.join(run.eligible[:5])} may run and nothing was sent", REVIVE)
    elif not in_flight and not waits:
        yield Reason("nothing_under_way", "no node runs, and none waits for anything", "cancel it")


def _of_node(run: Run, node_id: str, now: Millis, known: Known) -> Iterator[Reason]:
    state = run.nodes[node_id]
    retry = f"retry node {node_id!r}"
    if state.status in IN_FLIGHT:
        usual = now + LOOK_MS if state.status == "ready" else None
        yield from _timed(node_id, state, usual, "no result of it is missed", retry)
        claim = node_run_id(run.id, node_id, state.head_attempt)
        if claim in known.gone:
            said = f"executor {known.gone[claim]} ran it and is gone"
            yield Reason("executor_gone", said, retry, node_id)
    elif _waits_to_retry(state):
        yield from _timed(node_id, state, now + RETRY_MS, "its next attempt does not come", retry)
    elif _open(state):
        yield from _timed(node_id, state, now + CHILDREN_MS, "nobody looks for its child runs", "cancel it")
        missing = [each for key in _open(state) if (each := child_id(run.id, node_id, key)) in known.missing]
        if missing:
            said = f"{len(missing)} of its child runs are not there, such as {missing[0]}"
            yield Reason("child_missing", said, "cancel it", node_id)
    elif state.status == "suspended" and state.suspended and node_id not in run.eligible:
        yield from _awaiting(node_id, state, state.suspended.directive, run.status == "paused", now)


def _awaiting(
    node_id: str, state: NodeState, asked: Directive, paused: bool, now: Millis
) -> Iterator[Reason]:
    """A node that waits for a time or for somebody, or for the end of a pause to begin its child runs."""
    again = f"retry node {node_id!r}, or skip it"
    until = _until(asked)
    if until is None and isinstance(asked, AwaitDecision) and not asked.decisions:
        yield Reason("nothing_awaited", "it waits for a decision, and there is none to make", again, node_id)
    times = [each for each in (until, state.deadline_at) if each is not None]
    if isinstance(asked, SpawnRuns) and not paused:
        times.append(now + CHILDREN_MS)
    if times:
        yield from _timed(node_id, state, min(times), "its time does not come", again)


def _until(asked: Directive) -> Millis | None:
    match asked:
        case SleepUntil():
            return asked.at
        case AwaitDecision() | AwaitSignal():
            return asked.timeout_at
        case SpawnRuns():
            return None


def _timed(node_id: str, state: NodeState, latest: Millis | None, so: str, cure: str) -> Iterator[Reason]:
    """A node that has to be looked at by then."""
    if state.wake_at is None:
        yield Reason("no_timer", f"{so}: it has no time to be looked at", cure, node_id)
    elif latest is not None and _is_late(state.wake_at, latest):
        later_s = (state.wake_at - latest) // 1000
        yield Reason("late_timer", f"{so} until {later_s:,} s after it should be", cure, node_id)


def _is_late(wake_at: Millis | None, latest: Millis) -> bool:
    return wake_at is None or wake_at > latest + SLACK_MS


def _waits_to_retry(state: NodeState) -> bool:
    return state.status == "pending" and state.wake_at is not None


def _open(state: NodeState) -> list[str]:
    children = state.suspended.children if state.suspended else None
    return children.open if children else []
