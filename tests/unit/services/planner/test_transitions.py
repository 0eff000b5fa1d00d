"""The transition table, entry by entry: each is reached by a fact, and nothing else changes a status."""

from dataclasses import dataclass
from typing import get_args

import pytest

from services.planner.decide import Fact, Woken, decide
from services.planner.transitions import NODE_TRANSITIONS, RUN_TRANSITIONS, Draft
from shared.contracts.events import NodeStarted, RunControl, RunRequested
from shared.contracts.run import NODE_FINISHED, RUN_FINISHED, NodeState, NodeStatus, Run, RunStatus
from tests.builders import NOW, failed, finished, graph, pinned, run, succeeded

DRAWN = graph("a:true > b", a={"retry": {"max_attempts": 2, "on": ["unavailable"]}})
GRAPH = pinned(DRAWN, side_effects={"a": "repeatable", "b": "repeatable"})
CANCEL = RunControl(run_id="run_1", action="cancel")


@dataclass(frozen=True)
class Reached:
    """A run in some state, and the fact that leads on from there."""

    run: Run
    fact: Fact


def at(node_status: str, /, **changes: object) -> Run:
    """A run whose node `a` has this status and whose node `b` has not been touched."""
    state = NodeState(status=node_status, attempt=1, head="a", head_attempt=1)  # type: ignore[arg-type]
    return run(status="running", nodes={"a": state}, deadline_at=NOW + 1000).model_copy(update=changes)


STARTED = NodeStarted(run_id="run_1", node="a", attempt=1, executor="e", at=NOW)
NODES: dict[tuple[str, str], Reached] = {
    ("node.ready", "pending"): Reached(run(), RunRequested(run_id="run_1")),
    ("node.started", "ready"): Reached(at("ready"), STARTED),
    ("node.succeeded", "ready"): Reached(at("ready"), finished(succeeded("a", "true"))),
    ("node.succeeded", "running"): Reached(at("running"), finished(succeeded("a", "true"))),
    ("node.retrying", "ready"): Reached(at("ready"), finished(failed("a", "unavailable"))),
    ("node.retrying", "running"): Reached(at("running"), finished(failed("a", "unavailable"))),
    ("node.failed", "ready"): Reached(at("ready"), finished(failed("a", "broken"))),
    ("node.failed", "running"): Reached(at("running"), finished(failed("a", "broken"))),
    ("node.skipped", "pending"): Reached(at("ready"), finished(succeeded("a", "false"))),
    ("node.cancelled", "pending"): Reached(at("pending"), CANCEL),
    ("node.cancelled", "ready"): Reached(at("ready"), CANCEL),
    ("node.cancelled", "running"): Reached(at("running"), CANCEL),
    ("node.cancelled", "suspended"): Reached(at("suspended"), CANCEL),
}
RUNS: dict[tuple[str, str], Reached] = {
    ("run.started", "queued"): Reached(run(), RunRequested(run_id="run_1")),
    ("run.succeeded", "running"): Reached(at("ready"), finished(succeeded("a", "false"))),
    ("run.failed", "running"): Reached(at("running", deadline_at=NOW), Woken()),
    ("run.failed", "paused"): Reached(at("running", deadline_at=NOW, status="paused"), Woken()),
    ("run.cancelled", "queued"): Reached(run(), CANCEL),
    ("run.cancelled", "running"): Reached(at("ready"), CANCEL),
    ("run.cancelled", "paused"): Reached(at("ready", status="paused"), CANCEL),
}


def entries(table: dict[str, tuple[frozenset[str], str]]) -> list[tuple[str, str]]:
    return [(event, status) for event, (found, _) in table.items() for status in sorted(found)]


@pytest.mark.parametrize(("event", "status"), entries(NODE_TRANSITIONS))
def test_a_fact_leads_through_every_entry_for_nodes(event: str, status: str) -> None:
    reached = NODES[event, status]
    after = decide(reached.run, GRAPH, [reached.fact], NOW).run
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
    after = decide(reached.run, GRAPH, [reached.fact], NOW).run
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


def test_nothing_leaves_a_last_status() -> None:
    assert not any(found & NODE_FINISHED for found, _ in NODE_TRANSITIONS.values())
    assert not any(found & RUN_FINISHED for found, _ in RUN_TRANSITIONS.values())
