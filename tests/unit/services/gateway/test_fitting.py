"""What may still be done to a run and its nodes, what has been done already, and why something cannot be."""

from collections.abc import Callable
from typing import Any

import pytest

from services.gateway.errors import Refused
from services.gateway.fitting import Fits, cancelled, decided, paused, resumed, retried, signalled, skipped
from shared.contracts.directive import AwaitDecision, AwaitSignal, SpawnRuns
from shared.contracts.run import Children, NodeState, Run, Suspension
from shared.contracts.value import inline
from tests.builders import NOW, run

REVIEW = AwaitDecision(decisions=["approve", "reject"])
BODY = inline('{"paid":true}')


def with_node(status: str = "running", /, **state: Any) -> Run:
    """A run whose node `a` is in that state."""
    return run(status=status, nodes={"a": NodeState.model_validate(state)})


def suspended(directive: Any, **more: Any) -> dict[str, Any]:
    """A node that waits."""
    return {"status": "suspended", "attempt": 1} | {
        "suspended": Suspension(directive=directive, started_at=NOW, **more)
    }


def outcome(fits: Fits, of: Run) -> bool | str:
    """Whether the effect is there, or the code of the refusal."""
    try:
        return fits(of)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        (paused, [False, False, True, "run_finished", "run_finished", "run_finished"]),
        (resumed, [True, True, False, "run_finished", "run_finished", "run_finished"]),
        (cancelled, [False, False, False, "run_finished", "run_finished", True]),
    ],
)
def test_what_may_be_done_to_a_run(fits: Callable[[Run], bool], expected: list[bool | str]) -> None:
    statuses = ("queued", "running", "paused", "succeeded", "failed", "cancelled")
    assert [outcome(fits, run(status=status)) for status in statuses] == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, "not_started"),
        ({"status": "pending", "attempt": 1, "wake_at": NOW}, False),
        ({"status": "running", "attempt": 1}, False),
        ({"status": "failed", "attempt": 1, "port": "out"}, False),
        (suspended(REVIEW), False),
        ({"status": "ready", "attempt": 2}, True),
        ({"status": "succeeded", "attempt": 1}, "too_late"),
        ({"status": "skipped"}, "too_late"),
        (suspended(SpawnRuns(shape="map"), children=Children(open=["0"])), "has_children"),
        (suspended(SpawnRuns(shape="map"), children=Children()), False),
    ],
)
def test_what_may_be_retried(state: dict[str, Any], expected: bool | str) -> None:
    assert outcome(retried("a", 1), with_node(**state)) == expected


def test_a_retry_that_led_to_the_end_has_had_its_effect() -> None:
    assert outcome(retried("a", 1), with_node("succeeded", status="succeeded", attempt=2)) is True


def test_a_retry_waits_for_child_runs_behind_it() -> None:
    busy = suspended(SpawnRuns(shape="map"), children=Children(open=["0"]))
    of = run(
        status="running",
        nodes={"a": NodeState(status="failed", attempt=1, port="out"), "b": NodeState.model_validate(busy)},
    )
    assert outcome(retried("a", 1, ["a", "b"]), of) == "has_children"
    assert outcome(retried("a", 1, ["a"]), of) is False


def test_a_retry_after_the_end_leads_to_the_rerun() -> None:
    with pytest.raises(Refused, match="rerun with from='a'"):
        retried("a", 1)(with_node("failed", status="failed", attempt=1))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, False),
        ({"status": "running", "attempt": 1}, False),
        (suspended(REVIEW), False),
        ({"status": "skipped", "port": "out"}, True),
        ({"status": "skipped"}, "too_late"),
        ({"status": "failed", "port": "out"}, "too_late"),
    ],
)
def test_what_may_be_skipped(state: dict[str, Any], expected: bool | str) -> None:
    assert outcome(skipped("a", "out"), with_node(**state)) == expected


@pytest.mark.parametrize(
    ("state", "decision", "expected"),
    [
        (suspended(REVIEW), "approve", False),
        (suspended(REVIEW), "maybe", "unknown_decision"),
        (suspended(AwaitSignal()), "approve", "not_suspended"),
        ({"status": "running"}, "approve", "not_suspended"),
        ({"status": "succeeded", "port": "approve"}, "approve", True),
        ({"status": "succeeded", "port": "reject"}, "approve", "already_decided"),
        ({"status": "succeeded", "port": "timeout"}, "approve", "too_late"),
        ({"status": "skipped"}, "approve", "too_late"),
    ],
)
def test_what_may_be_decided(state: dict[str, Any], decision: str, expected: bool | str) -> None:
    assert outcome(decided("a", decision), with_node(**state)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, False),
        ({"status": "running"}, False),
        (suspended(AwaitSignal()), False),
        (suspended(REVIEW), "not_suspended"),
        ({"status": "succeeded", "port": "out"}, "already_signalled"),
        ({"status": "succeeded", "port": "timeout"}, "too_late"),
        ({"status": "cancelled"}, "too_late"),
    ],
)
def test_what_may_be_signalled(state: dict[str, Any], expected: bool | str) -> None:
    assert outcome(signalled("a", BODY), with_node(**state)) == expected


def test_an_early_signal_counts_once() -> None:
    kept = run(status="running", signals={"a": BODY})
    assert outcome(signalled("a", BODY), kept) is True
    assert outcome(signalled("a", inline("null")), kept) == "already_signalled"
    assert outcome(signalled("a", BODY), run(status="failed")) == "run_finished"
