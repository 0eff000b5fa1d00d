"""What holds in every run, said without the planner's own code: after each decision, and when all is over."""

import re
from collections.abc import Callable, Sequence

from services.planner.decide import Fact, Woken
from services.planner.transitions import Decision
from shared.contracts.events import NodeStarted, RunControl
from shared.contracts.run import Event, NodeState, Run
from shared.contracts.version import PinnedGraph
from shared.stuck import why_stuck

FINISHED = ("succeeded", "failed", "cancelled")
ONCE = ("node.succeeded", "node.failed", "node.retrying")
ATTEMPT = "(ready (started )?(suspended ready (started )?)*(suspended )?)"
TRIED = f"({ATTEMPT}(failed )?retrying )*"
LIFE = re.compile(
    f"({TRIED}({ATTEMPT}|{ATTEMPT}(succeeded |failed )|{ATTEMPT}?skipped )reset )*"
    f"{TRIED}({ATTEMPT}(succeeded|failed) |{ATTEMPT}?(cancelled|skipped) )"
)
UNTOUCHED = NodeState()


def check(graph: PinnedGraph, before: Run, facts: Sequence[Fact], decision: Decision, now: int) -> None:
    """What holds after any decision."""
    after = decision.run
    if before.status in FINISHED:
        assert not decision.changed, "a finished run has changed"
        return
    fresh = [int(seq) for seq in after.outbox if seq not in before.outbox]
    assert fresh == list(range(before.seq + 1, after.seq + 1)), "seq has a gap"
    in_flight = [node_id for node_id, state in after.nodes.items() if state.status in ("ready", "running")]
    assert len(in_flight) <= graph.settings.max_parallel, f"{in_flight} are in flight"
    claimed = {head for fact in facts if isinstance(fact, Woken) for head in fact.claimed}
    for head in decision.sends:
        assert after.nodes[head].status == "ready", f"{head} was sent, but is {after.nodes[head].status}"
        assert _may_run(graph, after.nodes, head), f"{head} was sent while its inputs are open"
        anew = _lap(after.nodes[head]) > _lap(before.nodes.get(head, UNTOUCHED))
        assert anew or head not in claimed, f"{head} was sent again, but somebody works on it"
        assert not anew or after.status != "paused", f"{head} was sent by a paused run"
    _check_attempts(before, facts, decision)
    _check_waiting(after)
    # News may come so late that a time it brings is over already: the clock sees to that at once.
    assert not (stuck := [each for each in why_stuck(after, now) if each.code != "overdue"]), stuck
    if after.status not in FINISHED:
        assert after.wake_at is not None, "nobody will look at this run again"
        resumed = any(isinstance(fact, RunControl) and fact.action == "resume" for fact in facts)
        woken = any(isinstance(fact, Woken) for fact in facts) and not resumed
        assert not woken or after.wake_at > now, "the run would be woken again and again"


def _lap(state: NodeState) -> tuple[int, int]:
    return state.attempt, state.turn


def _check_waiting(after: Run) -> None:
    """What may be sent is waiting for nothing else."""
    assert len(after.eligible) == len(set(after.eligible)), f"{after.eligible} holds a node twice"
    for node_id in after.eligible:
        state = after.nodes[node_id]
        between = state.suspended and state.suspended.children and not state.suspended.children.open
        assert state.status == "pending" or (state.status == "suspended" and between), (
            f"{node_id} is not free"
        )
        assert between or state.wake_at is None, f"{node_id} still waits"


def _check_attempts(before: Run, facts: Sequence[Fact], decision: Decision) -> None:
    """What is said of one attempt must not count for another."""
    started = {(fact.node, fact.attempt) for fact in facts if isinstance(fact, NodeStarted)}
    for seq, event in decision.run.outbox.items():
        if event.type == "node.started" and seq not in before.outbox:
            assert (event.node, event.attempt) in started, f"{event.node} never began attempt {event.attempt}"
    skipped = {fact.node for fact in facts if isinstance(fact, RunControl) and fact.action == "skip"}
    for (head, attempt), results in decision.results.items():
        for result in results:
            state = before.nodes.get(result.node, UNTOUCHED)
            if result.node in skipped:
                continue
            awaited = (state.head, state.head_attempt) == (head, attempt)
            assert awaited or (head, attempt) == (result.node, state.attempt), (
                f"{head} {attempt} is not awaited"
            )
            assert state.attempt == result.attempt, f"{result.node} is in attempt {state.attempt}"
            assert state.status in ("pending", "ready", "running", "suspended"), f"{result.node} has answered"


def _may_run(graph: PinnedGraph, nodes: dict[str, NodeState], node_id: str) -> bool:
    sources = [nodes.get(edge.source, UNTOUCHED) for edge in graph.incoming[node_id]]
    settled = [source.status in ("succeeded", "failed", "skipped") for source in sources]
    taken = [
        source.status in ("succeeded", "failed", "skipped") and source.port == edge.port
        for source, edge in zip(sources, graph.incoming[node_id], strict=True)
    ]
    if not sources:
        return True
    return any(taken) and (graph.nodes[node_id].join == "any" or all(settled))


def check_end(graph: PinnedGraph, run: Run, events: dict[int, Event]) -> None:
    """What holds when a run has finished and all mail has been read."""
    assert run.status in FINISHED
    assert sorted(events) == list(range(1, run.seq + 1)), "recorded events have a gap"
    ordered = [events[seq] for seq in sorted(events)]
    ends = [event.type for event in ordered if event.type.removeprefix("run.") in FINISHED]
    assert ends == [f"run.{run.status}"], f"the run ended with {ends}"
    assert ordered[-1].type == ends[0], "something was recorded after the end"
    made = [(event.type, event.node, event.attempt) for event in ordered if event.type in ONCE]
    assert len(made) == len(set(made)), "a transition was made twice"
    for node_id in graph.nodes:
        told = [each.type.removeprefix("node.") for each in ordered if each.node == node_id]
        life = "".join(f"{each} " for each in told if each != "signalled")
        assert LIFE.fullmatch(life), f"{node_id} cannot have lived like this: {life}"
        assert life.split()[-1] == run.nodes[node_id].status
    if run.status == "failed":
        assert run.failure is not None
        culprit = run.failure.node
        assert culprit is None or graph.nodes[culprit].policy.on_failure == "stop"
    elif run.status == "succeeded":
        given = {
            node_id: state for node_id, state in run.nodes.items() if state.status == "skipped" and state.port
        }
        expected = evaluate(graph, lambda node_id: _ended(run.nodes[node_id]), frozenset(given))
        assert {node_id: state.status for node_id, state in run.nodes.items()} == expected


def evaluate(
    graph: PinnedGraph, answer: Callable[[str], tuple[str, str | None]], given: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The status each node should end with, given the status and port with which it would end if it ran.
    Those `given` end like that whether or not they would run.

    The nodes of the graph must stand in such an order that all edges lead forward."""
    statuses: dict[str, str] = {}
    ports: dict[str, str | None] = {}
    for node_id, incoming in graph.incoming.items():
        runs = not incoming or node_id in given or any(ports[edge.source] == edge.port for edge in incoming)
        statuses[node_id], ports[node_id] = answer(node_id) if runs else ("skipped", None)
    return statuses


def _ended(state: NodeState) -> tuple[str, str | None]:
    return ("never run", None) if state.status == "skipped" and not state.port else (state.status, state.port)
