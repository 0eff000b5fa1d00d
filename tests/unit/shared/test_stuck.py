"""What would keep a run from going on is found, and nothing else is. (That no state the planner brings about
is called stuck is checked by its random world and its histories.)"""

from typing import Any

import pytest

from services.planner.children import LOOK_AGAIN_MS
from services.planner.decide import ADMIT_AGAIN_MS, MAX_RESEND_MS, RESEND_MS
from services.planner.retry import MAX_WAIT_S
from services.planner.transitions import FLUSH_GRACE_MS, PAUSED_MS
from shared import stuck
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.run import Children, Event, NodeState, Run, Suspension
from shared.stuck import SLACK_MS, Known, children_in_doubt, claims_in_doubt, why_stuck
from tests.builders import NOW, run

HOUR = 3_600_000
SOON = NOW + 5_000
DEADLINE = NOW + 10 * HOUR
REVIEW = AwaitDecision(decisions=["yes", "no"])
MAP = SpawnRuns(shape="map", total=9)


def node(status: Any, wake_at: int | None = None, **more: Any) -> NodeState:
    return NodeState(status=status, attempt=1, head="a", head_attempt=1, wake_at=wake_at, **more)


def waiting(asked: Directive, wake_at: int | None = None, *, open: list[str] | None = None) -> NodeState:
    children = Children(released=len(open), open=open) if open is not None else None
    suspended = Suspension(directive=asked, children=children, started_at=NOW)
    return node("suspended", wake_at, suspended=suspended)


def of(state: NodeState, wake_at: int | None = None, **changes: Any) -> Run:
    """A run with one node; it is looked at when that is, or at its deadline."""
    due = wake_at or min(state.wake_at or DEADLINE, DEADLINE)
    usual = {"status": "running", "deadline_at": DEADLINE, "wake_at": due, "nodes": {"a": state}}
    return run(**{**usual, **changes})


def queued(wake_at: int | None) -> Run:
    return run(wake_at=wake_at)


HEALTHY = {
    "queued": queued(SOON),
    "queued, and late": queued(NOW - 200_000),
    "waits for a slot": queued(NOW + ADMIT_AGAIN_MS),
    "sent": of(node("ready", NOW + RESEND_MS)),
    "sent again and again": of(node("ready", NOW + MAX_RESEND_MS)),
    "runs": of(node("running", NOW + 90_000)),
    "runs for long": of(node("running", NOW + HOUR)),
    "waits for another attempt": of(node("pending", NOW + MAX_WAIT_S * 1000)),
    "sleeps": of(waiting(SleepUntil(at=NOW + HOUR), NOW + HOUR)),
    "waits for a person": of(waiting(REVIEW)),
    "waits for a person, not for ever": of(
        waiting(REVIEW.model_copy(update={"timeout_at": NOW + HOUR}), NOW + HOUR)
    ),
    "waits for a call": of(waiting(AwaitSignal())),
    "runs its children": of(waiting(MAP, NOW + LOOK_AGAIN_MS, open=["0", "1"])),
    "has unpublished events": of(
        waiting(REVIEW), NOW + FLUSH_GRACE_MS, outbox={"1": Event(type="node.suspended", at=NOW)}
    ),
    "more may run than at once": of(node("ready", NOW + RESEND_MS), eligible=["b"]),
    "paused": of(node("succeeded"), NOW + PAUSED_MS, status="paused", eligible=["b"]),
    "paused past its deadline": of(
        node("succeeded"), NOW + PAUSED_MS, status="paused", deadline_at=NOW - HOUR
    ),
    "paused before its children begin": of(waiting(MAP, open=[]), NOW + PAUSED_MS, status="paused"),
    "finished": run(status="failed", wake_at=None),
}
STUCK = {
    "wake_at is missing": (of(node("ready", SOON)).model_copy(update={"wake_at": None}), "no_timer"),
    "queued without a time": (queued(None), "no_timer"),
    "wake_at is long overdue": (of(node("ready", NOW - HOUR)), "overdue"),
    "queued, long overdue": (queued(NOW - HOUR), "overdue"),
    "queued, and looked at only in an hour": (queued(NOW + HOUR), "late_timer"),
    "wake_at is later than what its node needs": (of(node("ready", SOON), NOW + HOUR), "late_timer"),
    "wake_at is later than the deadline": (of(waiting(REVIEW), DEADLINE + HOUR), "late_timer"),
    "unpublished events, looked at in an hour": (
        of(waiting(REVIEW), NOW + HOUR, outbox={"1": Event(type="node.suspended", at=NOW)}), "late_timer",
    ),
    "paused, and not looked at": (of(node("succeeded"), NOW + HOUR, status="paused"), "late_timer"),
    "sent without a time": (of(node("ready")), "no_timer"),
    "sent, and missed only in an hour": (of(node("ready", NOW + HOUR)), "late_timer"),
    "runs without a time": (of(node("running")), "no_timer"),
    "another attempt in a month": (of(node("pending", NOW + 720 * HOUR)), "late_timer"),
    "sleeps without a time": (of(waiting(SleepUntil(at=NOW + HOUR))), "no_timer"),
    "sleeps for too long": (of(waiting(SleepUntil(at=NOW + HOUR), NOW + 2 * HOUR)), "late_timer"),
    "a decision without its timeout": (
        of(waiting(REVIEW.model_copy(update={"timeout_at": NOW + HOUR}))), "no_timer",
    ),
    "a call without its timeout": (of(waiting(AwaitSignal(timeout_at=NOW + HOUR))), "no_timer"),
    "a decision that nobody can make": (of(waiting(AwaitDecision(decisions=[]))), "nothing_awaited"),
    "children that nobody looks for": (of(waiting(MAP, open=["0"])), "no_timer"),
    "children looked for in an hour": (of(waiting(MAP, NOW + HOUR, open=["0"])), "late_timer"),
    "a map between its children": (of(waiting(MAP, open=[])), "no_timer"),
    "left children that nobody stops": (
        of(node("ready", SOON), nodes={
            "a": waiting(MAP, open=["0"]).model_copy(update={"status": "skipped"}), "b": node("ready", SOON),
        }), "no_timer",
    ),
    "may run, and nothing was sent": (of(node("succeeded"), eligible=["b"]), "not_sent"),
    "nothing runs, nothing waits": (of(node("succeeded")), "nothing_under_way"),
    "no node at all": (run(status="running", deadline_at=DEADLINE, wake_at=DEADLINE), "nothing_under_way"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_as_it_should_be_is_not_called_stuck(name: str) -> None:
    assert why_stuck(HEALTHY[name], NOW) == []


@pytest.mark.parametrize("name", STUCK)
def test_what_is_missing_is_named(name: str) -> None:
    found, code = STUCK[name]
    reasons = why_stuck(found, NOW)
    assert code in {each.code for each in reasons}
    assert all(each.said and each.cure for each in reasons)


def test_a_running_node_whose_executor_is_gone() -> None:
    """Its claim is asked about as long as nobody looks soon; a claim of who lives is a lease."""
    working = of(node("running", NOW + HOUR))
    assert claims_in_doubt(working, NOW) == {"run_1:a:1": "a"}
    [reason] = why_stuck(working, NOW, Known(gone={"run_1:a:1": "connectors_7"}))
    assert (reason.code, reason.node) == ("executor_gone", "a")
    assert "connectors_7" in reason.said
    assert claims_in_doubt(of(node("running", NOW + SLACK_MS)), NOW) == {}


def test_an_open_child_run_that_is_not_there() -> None:
    parent = of(waiting(MAP, NOW + HOUR, open=["0", "1"]))
    assert children_in_doubt(parent, NOW) == ["run_1.a.0", "run_1.a.1"]
    found = why_stuck(parent, NOW, Known(missing=frozenset({"run_1.a.1"})))
    assert [(each.code, "run_1.a.1" in each.said) for each in found] == [
        ("late_timer", False), ("child_missing", True),
    ]  # fmt: skip
    assert children_in_doubt(HEALTHY["runs its children"], NOW) == []


def test_the_planner_looks_as_often_as_is_believed_here() -> None:
    assert FLUSH_GRACE_MS <= stuck.FLUSH_MS
    assert LOOK_AGAIN_MS <= stuck.CHILDREN_MS
    assert max(MAX_RESEND_MS, PAUSED_MS, ADMIT_AGAIN_MS) <= stuck.LOOK_MS
    assert 2 * MAX_WAIT_S * 1000 <= stuck.RETRY_MS
