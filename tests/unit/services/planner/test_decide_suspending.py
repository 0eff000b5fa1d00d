"""Nodes that wait for a time, a person or a call from outside: on time, early, late and twice."""

import pytest

from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil
from shared.contracts.value import inline
from tests.builders import NOW, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone, controlled

HOUR = 3_600_000
DRAWN = ("a > b", "a:timeout > late", "a:approve > yes", "a:reject > no")
REVIEW = AwaitDecision(decisions=["approve", "reject"], timeout_at=NOW + HOUR)
SIGNAL = AwaitSignal(timeout_at=NOW + HOUR)
BODY = inline('{"paid":true}')


def asked(directive: Directive, **policy: object) -> Play:
    """A run whose first node has asked for this."""
    play = alone(*DRAWN, a=policy, settings={"timeout_s": 1_000_000})
    play.ask("a", directive, input=inline('{"config":1}'), logs=["asked"])
    play.empty_outbox()
    return play


def test_a_suspended_node_holds_no_place_among_the_parallel_ones() -> None:
    play = alone("a", "b", settings={"max_parallel": 1})
    play.ask("a", SleepUntil(at=NOW + HOUR))
    assert play.recorded() == ["node.suspended a", "node.ready b"]
    assert play.last.results == {}


def test_a_node_that_sleeps_goes_on_at_its_time_and_not_before() -> None:
    play = asked(SleepUntil(at=NOW + HOUR))
    assert play.run.wake_at == NOW + 10_000, "what was recorded may not have been told"
    play.wake(after_ms=HOUR - 1)
    assert play.statuses()["a"] == "suspended"
    play.wake_for("a")
    assert play.last.sends == ["b"]
    assert play.output("a") is None
    kept = play.result("a")
    assert (kept.logs, kept.input, kept.started_at) == (["asked"], inline('{"config":1}'), NOW)


def test_a_node_behind_the_head_of_a_message_can_be_suspended() -> None:
    play = Play(version(graph("a > b > c")))
    play.answer(succeeded("a"), play.asking("b", SleepUntil(at=NOW + 5)))
    assert play.statuses() == {"a": "succeeded", "b": "suspended", "c": "pending"}
    play.wake_for("b")
    assert play.sent() == [["c"]]


def test_a_decision_leaves_through_its_port_with_its_data() -> None:
    play = asked(REVIEW)
    play.control("decide", "a", port="reject", output=BODY)
    assert play.last.sends == ["no"]
    assert play.output("a") == {"paid": True}
    assert play.recorded()[0] == "node.succeeded a"


@pytest.mark.parametrize("port", ["timeout", "out", None])
def test_only_a_decision_that_was_asked_for_counts(port: str | None) -> None:
    assert not asked(REVIEW).control("decide", "a", port=port).changed


def test_the_second_decision_comes_too_late() -> None:
    play = asked(REVIEW)
    play.tell(
        controlled("decide", "a", port="approve", output=BODY), controlled("decide", "a", port="reject")
    )
    assert play.state("a").port == "approve"
    assert not play.control("decide", "a", port="reject").changed


def test_nothing_is_decided_of_a_node_that_was_skipped_meanwhile() -> None:
    play = asked(REVIEW)
    play.control("skip", "a", port="reject")
    assert not play.control("decide", "a", port="approve", output=BODY).changed
    at_once = asked(REVIEW)
    skip = controlled("skip", "a", port="reject", output=inline('"skipped"'))
    at_once.tell(skip, controlled("decide", "a", port="approve", output=BODY))
    assert (at_once.state("a").port, at_once.output("a")) == ("reject", "skipped")


def test_a_decision_does_not_answer_a_signal_nor_a_signal_a_review() -> None:
    assert not asked(SIGNAL).control("decide", "a", port="approve").changed
    play = asked(REVIEW)
    play.control("signal", "a", output=BODY)
    assert play.statuses()["a"] == "suspended"


@pytest.mark.parametrize("directive", [REVIEW, SIGNAL])
def test_what_nobody_answers_leaves_through_timeout(directive: Directive) -> None:
    play = asked(directive)
    play.wake_for("a")
    assert (play.state("a").status, play.state("a").port) == ("succeeded", "timeout")
    assert play.last.sends == ["late"]
    assert not play.control("signal", "a", output=BODY).changed
    assert not play.control("decide", "a", port="approve").changed


def test_a_signal_gives_its_body_as_output_and_the_second_one_nothing() -> None:
    play = asked(SIGNAL)
    play.tell(controlled("signal", "a", output=BODY), controlled("signal", "a", output=inline("2")))
    assert play.output("a") == {"paid": True}
    assert play.last.sends == ["b"]
    assert not play.control("signal", "a", output=inline("3")).changed


def test_a_signal_that_comes_early_is_kept_until_it_is_waited_for() -> None:
    play = alone("x > a > b")
    play.control("signal", "a", output=BODY)
    assert play.recorded() == ["node.signalled a"]
    play.control("signal", "a", output=inline('"again"'))
    assert not play.last.changed
    play.finish("x")
    play.ask("a", SIGNAL)
    assert play.recorded() == ["node.suspended a", "node.succeeded a", "node.ready b"]
    assert play.output("a") == {"paid": True}
    assert play.run.signals == {}


def test_signals_that_come_together_with_the_wait_for_one_of_them_are_not_lost() -> None:
    play = alone("a", "b")
    early = [controlled("signal", "b", output=inline("2")), controlled("signal", "a", output=BODY)]
    play.tell(*early, finished(play.asking("a", SIGNAL)))
    assert play.output("a") == {"paid": True}
    assert play.run.signals == {"b": inline("2")}
    play.ask("b", SIGNAL)
    assert play.output("b") == 2


def test_another_attempt_waits_for_another_signal() -> None:
    play = alone("x > a", x={"on_failure": "continue"})
    play.control("signal", "a", output=BODY)
    play.fail("x", "broken")
    play.ask("a", SIGNAL)
    assert play.run.status == "succeeded"
    again = alone("x > a > b", x={"on_failure": "continue"})
    again.control("signal", "a", output=BODY)
    again.fail("x", "broken")
    again.ask("a", SIGNAL)
    again.control("retry", "x")
    again.finish("x")
    again.ask("a", SIGNAL)
    assert again.statuses()["a"] == "suspended"


def test_a_signal_for_a_node_that_is_not_there_decides_nothing() -> None:
    assert not asked(SIGNAL).control("signal", "nobody", output=BODY).changed


@pytest.mark.parametrize("directive", [REVIEW, SIGNAL, SleepUntil(at=NOW + HOUR)])
def test_a_node_that_takes_longer_than_its_policy_allows_fails(directive: Directive) -> None:
    play = asked(directive, timeout_s=60, on_failure="continue")
    assert play.state("a").wake_at == NOW + 60_000
    play.wake_for("a")
    assert play.statuses()["a"] == "failed"
    assert play.state("a").failure.code == "timeout"  # type: ignore[union-attr]


def test_a_planner_that_comes_late_counts_what_came_first() -> None:
    play = asked(SleepUntil(at=NOW + 10_000), timeout_s=60)
    play.wake(after_ms=HOUR)
    assert play.statuses()["a"] == "succeeded"


def test_a_paused_run_lets_its_waits_end_and_begins_nothing() -> None:
    play = asked(SleepUntil(at=NOW + HOUR))
    play.control("pause")
    play.wake_for("a")
    assert play.statuses() | {} == {**play.statuses(), "a": "succeeded", "b": "pending"}
    assert play.last.sends == []
    assert play.control("resume").sends == ["b"]


def test_a_decision_counts_in_a_paused_run() -> None:
    play = asked(REVIEW)
    play.control("pause")
    assert play.control("decide", "a", port="approve").sends == []
    assert play.control("resume").sends == ["yes"]
