"""Everything that is lost comes back through `wake_at`: unstarted runs, unsent and unanswered nodes."""

from services.planner.decide import MAX_RESEND_MS, RESEND_MS, Woken
from services.planner.transitions import FLUSH_GRACE_MS
from tests.builders import graph, succeeded, version
from tests.unit.services.planner.play import Play, alone, controlled


def test_a_node_without_an_answer_is_sent_again_less_and_less_often() -> None:
    play = alone("a", settings={"timeout_s": 1_000_000})
    waits: list[int] = []
    for _ in range(8):
        before = play.now
        assert play.wake_for("a").sends == ["a"]
        assert play.recorded() == []
        waits.append(play.now - before)
    assert waits[:3] == [RESEND_MS, 2 * RESEND_MS, 4 * RESEND_MS]
    assert waits == sorted(waits)
    assert waits[-1] == MAX_RESEND_MS
    assert play.state("a").attempt == 1


def test_a_chain_is_sent_again_as_it_was() -> None:
    play = Play(version(graph("a > b > c")))
    play.wake_for("a")
    assert play.sent() == [["a", "b", "c"]]


def test_claimed_work_is_not_sent_again() -> None:
    play = alone("a", "b")
    play.now = (play.state("a").wake_at or 0) - 1
    assert play.wake("a", after_ms=1).sends == ["b"]
    assert (play.state("a").resends, play.state("b").resends) == (1, 1)


def test_what_is_due_is_not_sent_again_when_the_run_ends_because_of_another_node() -> None:
    play = alone("a", "b", b={"timeout_s": 1})
    play.begin("b")
    play.wake(after_ms=10 * RESEND_MS)
    assert play.statuses() == {"a": "cancelled", "b": "failed"}
    assert play.last.sends == []


def test_what_is_due_is_not_sent_again_when_somebody_stops_it_at_the_same_time() -> None:
    play = alone("a")
    play.now = play.state("a").wake_at or 0
    decision = play.tell(Woken(), controlled("cancel"))
    assert (decision.sends, play.statuses()) == ([], {"a": "cancelled"})


def test_nothing_is_sent_again_before_it_is_due() -> None:
    play = alone("a")
    play.empty_outbox()
    play.wake()
    assert play.last.sends == []
    assert play.last.changed
    assert play.run.wake_at == play.state("a").wake_at


def test_a_running_node_is_not_sent_again() -> None:
    play = alone("a", a={"timeout_s": 600})
    play.begin("a")
    play.wake(after_ms=10 * RESEND_MS)
    assert play.last.sends == []
    assert play.statuses()["a"] == "running"


def test_the_count_of_resends_begins_anew_with_each_attempt() -> None:
    retry = {"max_attempts": 2, "initial_s": 0}
    play = alone("a", a={"retry": retry})
    play.wake_for("a")
    play.fail("a")
    assert play.state("a").resends == 0
    assert play.state("a").wake_at == play.now + RESEND_MS


def test_a_wake_that_is_not_due_changes_nothing() -> None:
    play = alone("a")
    assert not play.wake(after_ms=0).changed
    assert not play.wake(after_ms=FLUSH_GRACE_MS - 1).changed


def test_a_save_whose_events_may_not_have_been_told_is_looked_at_again_soon() -> None:
    play = alone("a > b", a={"timeout_s": 3000})
    play.begin("a")
    assert play.run.wake_at == play.now + FLUSH_GRACE_MS
    assert play.wake().changed
    assert play.run.wake_at == play.now + FLUSH_GRACE_MS, "they are in the outbox still"
    play.empty_outbox()
    assert play.wake().changed
    assert play.run.wake_at == play.run.deadline_at


def test_a_finished_run_is_looked_at_once_more_and_then_left_alone() -> None:
    play = alone("a")
    play.finish("a")
    assert play.run.wake_at == play.now + FLUSH_GRACE_MS
    assert not play.wake().changed


def test_a_paused_run_records_results_and_sends_nothing() -> None:
    play = alone("a > b")
    play.run = play.run.model_copy(update={"status": "paused"})
    play.finish("a")
    assert play.last.sends == []
    assert play.statuses() == {"a": "succeeded", "b": "pending"}
    play.run = play.run.model_copy(update={"status": "running"})
    assert play.wake().sends == ["b"]


def test_a_wake_sends_what_has_room_now() -> None:
    play = alone("a", "b", settings={"max_parallel": 1})
    play.answer(succeeded("a"))
    assert play.last.sends == ["b"]
    assert play.run.eligible == []
