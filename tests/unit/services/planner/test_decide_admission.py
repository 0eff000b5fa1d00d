"""Runs that share a concurrency key: admitted, told to wait, turned away."""

from typing import Any

from services.planner.decide import ADMIT_AGAIN_MS, Admission
from shared.contracts.events import RunRequested
from tests.builders import NOW, graph, version
from tests.unit.services.planner.play import Play

SHARED = graph("a > b", settings={"concurrency": {"key": "orders", "limit": 1}})


def requested(**changes: Any) -> Play:
    return Play(version(SHARED), **changes)


def test_a_run_with_a_concurrency_key_starts_when_it_is_admitted() -> None:
    play = requested()
    assert not play.last.changed
    assert play.tell(Admission("granted")).sends == ["a"]
    assert play.recorded() == ["run.started", "node.ready a"]


def test_request_and_admission_may_come_together() -> None:
    play = requested(start=False)
    play.tell(RunRequested(run_id="run_1"), Admission("granted"))
    assert play.recorded() == ["run.started", "node.ready a"]


def test_being_woken_does_not_start_a_run_that_has_to_wait() -> None:
    play = requested()
    play.wake()
    assert play.run.status == "queued"
    play.tell(Admission("waiting"))
    assert (play.run.status, play.run.wake_at) == ("queued", NOW + ADMIT_AGAIN_MS)


def test_a_run_that_is_turned_away_fails_and_says_why() -> None:
    play = requested()
    play.tell(Admission("rejected", "the one slot is taken"))
    assert play.run.status == "failed"
    assert play.run.failure is not None
    assert (play.run.failure.code, play.run.failure.message) == ("concurrency_limit", "the one slot is taken")
    assert play.statuses() == {"a": "cancelled", "b": "cancelled"}
    assert play.recorded()[-1] == "run.failed"


def test_an_answer_that_comes_after_the_start_changes_nothing() -> None:
    play = requested()
    play.tell(Admission("granted"))
    for answer in ("granted", "waiting", "rejected"):
        assert not play.tell(Admission(answer)).changed  # type: ignore[arg-type]
    assert play.run.status == "running"


def test_a_child_run_needs_no_slot_of_its_own() -> None:
    play = requested(level="child", parent_id="run_0", parent_node="m", key="0")
    assert play.run.status == "running"


def test_a_run_can_be_cancelled_while_it_waits() -> None:
    play = requested()
    play.tell(Admission("waiting"))
    play.cancel()
    assert play.run.status == "cancelled"
    assert not play.tell(Admission("granted")).changed
