"""What a failure does: another attempt, the three failure modes, the run's and the node's timeout."""

import pytest

from services.planner.decide import TIMEOUT_GRACE_MS
from tests.builders import finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone


def retry(max_attempts: int, initial_s: float = 0, **more: object) -> dict[str, object]:
    """A policy without jitter."""
    return {"retry": {"max_attempts": max_attempts, "initial_s": initial_s, "jitter": 0, **more}}


def test_a_failed_attempt_is_repeated_at_once_when_no_wait_is_set() -> None:
    play = alone("a", a=retry(3))
    play.fail("a")
    assert play.recorded() == ["node.retrying a", "node.ready a"]
    assert (play.last.sends, play.state("a").attempt) == (["a"], 2)
    play.finish("a")
    assert play.run.status == "succeeded"
    assert play.state("a").failure is None


def test_attempts_wait_longer_and_longer() -> None:
    play = alone("a", a=retry(4, initial_s=2, multiplier=3, max_s=10))
    for seconds in (2, 6, 10):
        play.fail("a")
        assert play.last.sends == []
        assert play.state("a").wake_at == play.now + seconds * 1000
        assert play.run.wake_at is not None
        assert play.run.wake_at <= play.now + seconds * 1000
        assert play.wake_for("a").sends == ["a"]
    play.fail("a")
    assert play.run.status == "failed"


def test_a_retry_is_not_early() -> None:
    play = alone("a", a=retry(2, initial_s=60))
    play.fail("a")
    assert play.wake(after_ms=59_999).sends == []
    assert play.wake(after_ms=1).sends == ["a"]


def test_a_server_that_names_a_time_is_not_asked_before() -> None:
    play = alone("a", a=retry(2, initial_s=1))
    play.fail("a", "rate_limited", retry_after_s=45)
    assert play.state("a").wake_at == play.now + 45_000


def test_the_wait_for_an_attempt_holds_no_place_among_the_parallel_ones() -> None:
    play = alone("a", "b", a=retry(2, initial_s=5), settings={"max_parallel": 1})
    play.fail("a")
    assert play.last.sends == ["b"]
    play.wake_for("a")
    assert (play.last.sends, play.run.eligible) == ([], ["a"])
    assert play.finish("b").sends == ["a"]


@pytest.mark.parametrize("code", ["http_404", "invalid_config", "internal"])
def test_a_failure_that_the_policy_does_not_name_is_final(code: str) -> None:
    play = alone("a", a=retry(5))
    play.fail("a", code)
    assert play.run.status == "failed"
    assert play.state("a").attempt == 1


def test_stop_fails_the_run_and_cancels_what_is_left() -> None:
    play = alone("a > b > c", "x > y", "z", settings={"max_parallel": 2})
    play.begin("x")
    play.fail("a", "broken")
    assert play.run.status == "failed"
    assert play.statuses() == {"a": "failed", **dict.fromkeys(["b", "c", "x", "y", "z"], "cancelled")}
    assert [*play.last.cancels] == ["x"]
    assert play.run.eligible == []
    assert play.run.failure is not None
    assert play.run.failure.node == "a"
    assert [each for each in play.recorded() if each.startswith("run.")] == ["run.failed"]


def test_continue_goes_on_as_if_it_had_succeeded() -> None:
    play = alone("a > b", "a:failure > c", a={"on_failure": "continue"})
    play.fail("a", "broken")
    assert play.last.sends == ["b"]
    assert play.statuses() == {"a": "failed", "b": "ready", "c": "skipped"}
    play.finish("b")
    assert play.run.status == "succeeded"
    assert play.run.failure is None


def test_port_leaves_through_the_failure_port() -> None:
    play = alone("a > b", "a:failure > c > end", "b > end", a={"on_failure": "port", **retry(2)})
    play.fail("a")
    play.fail("a")
    assert play.last.sends == ["c"]
    assert play.statuses()["b"] == "skipped"
    play.finish("c")
    play.finish("end")
    assert play.run.status == "succeeded"
    assert play.state("a").failure is not None


@pytest.mark.parametrize("mode", ["continue", "port"])
def test_a_last_node_that_fails_but_does_not_stop_lets_the_run_succeed(mode: str) -> None:
    play = alone("a > b", b={"on_failure": mode})
    play.finish("a")
    play.fail("b")
    assert play.run.status == "succeeded"
    assert play.statuses()["b"] == "failed"


def test_a_run_that_takes_too_long_fails_and_stops_its_nodes() -> None:
    play = alone("a > b", "c", settings={"timeout_s": 90})
    play.begin("a")
    play.wake(after_ms=89_999)
    assert play.run.status == "running"
    play.wake(after_ms=1)
    assert play.run.status == "failed"
    assert play.run.failure is not None
    assert (play.run.failure.code, play.run.failure.node) == ("timeout", None)
    assert [*play.last.cancels] == ["a", "c"]
    assert play.statuses() == dict.fromkeys("abc", "cancelled")


def test_the_runs_deadline_is_among_the_reasons_to_wake() -> None:
    play = alone("a", settings={"timeout_s": 3})
    assert play.run.wake_at == play.now + 3000


def test_a_running_node_that_stays_silent_has_timed_out() -> None:
    play = alone("a", a={"timeout_s": 40, **retry(2)})
    play.begin("a")
    assert play.state("a").wake_at == play.now + 40_000 + TIMEOUT_GRACE_MS
    play.wake(after_ms=39_000)
    assert play.statuses()["a"] == "running"
    play.wake_for("a")
    assert play.recorded() == ["node.retrying a", "node.ready a"]
    assert play.last.sends == ["a"]
    play.begin("a")
    play.wake_for("a")
    assert play.run.status == "failed"
    assert play.state("a").failure is not None
    assert play.state("a").failure.code == "timeout"  # type: ignore[union-attr]


def test_a_result_that_is_there_when_the_node_is_overdue_counts() -> None:
    play = alone("a")
    play.begin("a")
    due = play.state("a").wake_at or 0
    play.tell(finished(succeeded("a"), stored=True), after_ms=due - play.now)
    play.wake(after_ms=0)
    assert play.run.status == "succeeded"


@pytest.mark.parametrize("side_effects", ["none", "repeatable"])
def test_lost_work_that_may_be_repeated_is_run_again_whatever_the_policy(side_effects: str) -> None:
    play = Play(version(graph("a"), side_effects={"a": side_effects}))  # type: ignore[dict-item]
    for attempt in (2, 3, 4):
        play.fail("a", "lost")
        assert (play.last.sends, play.state("a").attempt) == (["a"], attempt)


def test_work_that_kills_every_executor_is_given_up() -> None:
    play = alone("a")
    for _ in range(50):
        if play.run.status == "running":
            play.fail("a", "lost")
    assert play.run.status == "failed"
    assert play.state("a").attempt == 20


def test_lost_work_that_must_not_be_repeated_fails_with_lost() -> None:
    play = Play(version(graph("a", a=retry(3)), side_effects={"a": "once"}))
    play.fail("a", "lost")
    assert play.run.status == "failed"
    assert play.run.failure is not None
    assert play.run.failure.code == "lost"


def test_lost_work_is_repeated_when_its_policy_says_so() -> None:
    play = Play(version(graph("a", a=retry(2, on=["lost"])), side_effects={"a": "once"}))
    play.fail("a", "lost")
    assert (play.last.sends, play.state("a").attempt) == (["a"], 2)
    play.fail("a", "lost")
    assert play.run.status == "failed"
