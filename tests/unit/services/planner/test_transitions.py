"""The transition table, entry by entry: each is reached by a fact, and nothing else changes a status."""

from dataclasses import dataclass
from typing import get_args

import pytest

from services.planner.children import ChildFinished
from services.planner.decide import Admission, Fact, Woken, decide
from services.planner.transitions import NODE_TRANSITIONS, RUN_TRANSITIONS, Draft
from shared.contracts.directive import Directive, SleepUntil, SpawnRuns
from shared.contracts.events import NodeStarted, RunRequested
from shared.contracts.failure import failure
from shared.contracts.run import (
    NODE_FINISHED,
    RUN_FINISHED,
    Children,
    NodeState,
    NodeStatus,
    Run,
    RunStatus,
    Suspension,
)
from shared.contracts.version import PinnedGraph
from tests.builders import NOW, failed, finished, graph, pinned, run, succeeded
from tests.unit.services.planner.play import controlled

DRAWN = graph("a:true > b", a={"retry": {"max_attempts": 2, "on": ["unavailable"]}})
GRAPH = pinned(DRAWN, side_effects={"a": "repeatable", "b": "repeatable"})
LENIENT = pinned(graph("a > b", a={"on_failure": "continue"}))
SHARED = pinned(graph("a", settings={"concurrency": {"key": "k"}}))
CANCEL, PAUSE, RESUME = (controlled(action) for action in ("cancel", "pause", "resume"))
RETRY, SKIP = (controlled(action, "a", port="true") for action in ("retry", "skip"))
SLEEP = SleepUntil(at=NOW)
LOOP = SpawnRuns(shape="loop")
TRY = SpawnRuns(shape="try")


@dataclass(frozen=True)
class Reached:
    """A run in some state, and the fact that leads on from there."""

    run: Run
    fact: Fact
    graph: PinnedGraph = GRAPH


def at(node_status: str, /, **changes: object) -> Run:
    """A run whose node `a` has this status and whose node `b` has not been touched."""
    state = NodeState(status=node_status, attempt=1, head="a", head_attempt=1)  # type: ignore[arg-type]
    return run(status="running", nodes={"a": state}, deadline_at=NOW + 1000).model_copy(update=changes)


def waiting(directive: Directive, /, **changes: object) -> Run:
    """A run whose node `a` is suspended, and due."""
    children = Children(released=1, open=["0"]) if isinstance(directive, SpawnRuns) else None
    suspended = Suspension(directive=directive, children=children, started_at=NOW)
    state = NodeState(
        status="suspended", attempt=1, head="a", head_attempt=1, suspended=suspended, wake_at=NOW
    )
    return run(status="running", nodes={"a": state}, deadline_at=NOW + 1000).model_copy(update=changes)


def behind(status: str) -> Run:
    """A run whose node `a` has failed, but not ended it, and whose node `b` has this status."""
    first = NodeState(status="failed", attempt=1, head="a", head_attempt=1, port="out")
    second = NodeState(status=status, attempt=1, head="b", head_attempt=1)  # type: ignore[arg-type]
    return run(status="running", nodes={"a": first, "b": second}, deadline_at=NOW + 1000)


def ended(status: str) -> ChildFinished:
    """The child run of `a` has ended."""
    return ChildFinished("a", 1, "0", status, failure=failure("unavailable", "it is away"))  # type: ignore[arg-type]


ASKED = finished(
    succeeded("a").model_copy(
        update={"status": "suspended", "port": None, "output": None, "directive": SleepUntil(at=NOW + 5)}
    )
)
STARTED = NodeStarted(run_id="run_1", node="a", attempt=1, executor="e", at=NOW)
NODES: dict[tuple[str, str], Reached] = {
    ("node.ready", "pending"): Reached(run(), RunRequested(run_id="run_1")),
    ("node.ready", "suspended"): Reached(waiting(LOOP), ended("succeeded")),
    ("node.started", "ready"): Reached(at("ready"), STARTED),
    ("node.succeeded", "ready"): Reached(at("ready"), finished(succeeded("a", "true"))),
    ("node.succeeded", "running"): Reached(at("running"), finished(succeeded("a", "true"))),
    ("node.succeeded", "suspended"): Reached(waiting(SLEEP), Woken()),
    ("node.suspended", "ready"): Reached(at("ready"), ASKED),
    ("node.suspended", "running"): Reached(at("running"), ASKED),
    ("node.retrying", "ready"): Reached(at("ready"), finished(failed("a", "unavailable"))),
    ("node.retrying", "running"): Reached(at("running"), finished(failed("a", "unavailable"))),
    ("node.retrying", "suspended"): Reached(waiting(TRY), ended("failed")),
    ("node.retrying", "failed"): Reached(behind("ready"), RETRY, LENIENT),
    ("node.failed", "suspended"): Reached(waiting(TRY), ended("failed"), LENIENT),
    ("node.failed", "ready"): Reached(at("ready"), finished(failed("a", "broken"))),
    ("node.failed", "running"): Reached(at("running"), finished(failed("a", "broken"))),
    ("node.skipped", "pending"): Reached(at("ready"), finished(succeeded("a", "false"))),
    ("node.skipped", "ready"): Reached(at("ready"), SKIP),
    ("node.skipped", "running"): Reached(at("running"), SKIP),
    ("node.skipped", "suspended"): Reached(waiting(SLEEP), SKIP),
    **{
        ("node.reset", status): Reached(behind(status), RETRY, LENIENT)
        for status in ("ready", "running", "suspended", "succeeded", "failed", "skipped")
    },
    ("node.cancelled", "pending"): Reached(at("pending"), CANCEL),
    ("node.cancelled", "ready"): Reached(at("ready"), CANCEL),
    ("node.cancelled", "running"): Reached(at("running"), CANCEL),
    ("node.cancelled", "suspended"): Reached(at("suspended"), CANCEL),
}
RUNS: dict[tuple[str, str], Reached] = {
    ("run.started", "queued"): Reached(run(), RunRequested(run_id="run_1")),
    ("run.paused", "running"): Reached(at("ready"), PAUSE),
    ("run.resumed", "paused"): Reached(at("ready", status="paused", paused_at=NOW), RESUME),
    ("run.succeeded", "running"): Reached(at("ready"), finished(succeeded("a", "false"))),
    ("run.failed", "running"): Reached(at("running", deadline_at=NOW), Woken()),
    ("run.failed", "paused"): Reached(at("running", status="paused"), finished(failed("a", "broken"))),
    ("run.failed", "queued"): Reached(run(), Admission("rejected", "taken"), SHARED),
    ("run.cancelled", "queued"): Reached(run(), CANCEL),
    ("run.cancelled", "running"): Reached(at("ready"), CANCEL),
    ("run.cancelled", "paused"): Reached(at("ready", status="paused"), CANCEL),
}


def entries(table: dict[str, tuple[frozenset[str], str]]) -> list[tuple[str, str]]:
    return [(event, status) for event, (found, _) in table.items() for status in sorted(found)]


@pytest.mark.parametrize(("event", "status"), entries(NODE_TRANSITIONS))
def test_a_fact_leads_through_every_entry_for_nodes(event: str, status: str) -> None:
    reached = NODES[event, status]
    after = decide(reached.run, reached.graph, [reached.fact], NOW).run
    told = [each for each in after.outbox.values() if each.type == event]
    node_id = told[0].node or ""
    assert reached.run.nodes.get(node_id, NodeState()).status == status
    assert len(told) == 1 or event == "node.cancelled"
    if event != "node.retrying":
        assert after.nodes[node_id].status == NODE_TRANSITIONS[event][1]


@pytest.mark.parametrize(("event", "status"), entries(RUN_TRANSITIONS))
def test_a_fact_leads_through_every_entry_for_runs(event: str, status: str) -> None:
    reached = RUNS[event, status]
    assert reached.run.status == status
    after = decide(reached.run, reached.graph, [reached.fact], NOW).run
    assert event in [each.type for each in after.outbox.values()]
    assert after.status == RUN_TRANSITIONS[event][1]


@pytest.mark.parametrize("event", NODE_TRANSITIONS)
@pytest.mark.parametrize("status", get_args(NodeStatus))
def test_a_node_moves_only_as_the_table_says(event: str, status: str) -> None:
    before = run(status="running", nodes={"a": NodeState(status=status)})  # type: ignore[arg-type]
    draft = Draft(before, NOW)
    found, left = NODE_TRANSITIONS[event]
    assert draft.move(event, "a", port="out") is (status in found)
    assert draft.state("a").status == (left if status in found else status)
    assert [each.type for each in draft.events] == ([event] if status in found else [])
    assert draft.decision().changed is (status in found)


@pytest.mark.parametrize("event", RUN_TRANSITIONS)
@pytest.mark.parametrize("status", get_args(RunStatus))
def test_a_run_moves_only_as_the_table_says(event: str, status: str) -> None:
    draft = Draft(run(status=status), NOW)
    found, left = RUN_TRANSITIONS[event]
    assert draft.move_run(event, finished_at=NOW) is (status in found)
    assert draft.decision().run.status == (left if status in found else status)
    assert draft.decision().changed is (status in found)


def test_only_a_persons_retry_leaves_a_last_status_of_a_node_and_nothing_that_of_a_run() -> None:
    leaving = {event: found & NODE_FINISHED for event, (found, _) in NODE_TRANSITIONS.items()}
    assert {event: found for event, found in leaving.items() if found} == {
        "node.retrying": {"failed"},
        "node.reset": {"succeeded", "failed", "skipped"},
    }
    assert not any(found & RUN_FINISHED for found, _ in RUN_TRANSITIONS.values())


@pytest.mark.parametrize(
    "fact", [Woken(), STARTED, finished(failed("a")), ended("failed"), PAUSE, CANCEL, SKIP]
)
def test_nothing_but_a_retry_takes_back_what_has_ended(fact: Fact) -> None:
    after = decide(behind("ready"), LENIENT, [fact], NOW).run
    assert after.nodes["a"].status == "failed"
    assert "node.reset" not in [each.type for each in after.outbox.values()]
