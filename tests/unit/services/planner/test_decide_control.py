"""What the owner of a run may do to it and to its nodes, at every moment, and twice."""

from typing import Any

import pytest

from services.planner.decide import Woken
from shared.contracts.directive import SleepUntil, SpawnRuns
from shared.contracts.events import RunRequested
from shared.contracts.run import NodeStatus
from shared.contracts.value import inline
from tests.builders import NOW, failed, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone, controlled

GIVEN = inline('"given"')
WAITING = {"retry": {"max_attempts": 2, "initial_s": 60, "jitter": 0}}
CONTINUE = {"on_failure": "continue"}
SLEEP = SleepUntil(at=NOW + 3_600_000)
TWO = SpawnRuns.model_validate({"shape": "map", "items": inline("[]"), "total": 2, "concurrency": 2})


def reach(status: NodeStatus, *paths: str) -> Play:
    """A run whose node `b` has this status."""
    play = alone(*(paths or ("a > b > c",)), b={**CONTINUE, **(WAITING if status == "pending" else {})})
    if status != "skipped":
        play.finish("a")
    if status in ("running", "suspended"):
        play.begin("b")
    if status == "suspended":
        play.ask("b", SLEEP)
    if status == "succeeded":
        play.finish("b")
    if status in ("failed", "pending"):
        play.fail("b", "unavailable" if status == "pending" else "broken")
    if status == "skipped":
        play.control("skip", "b")
    assert play.statuses()["b"] == status
    return play


def test_a_paused_run_finishes_what_is_under_way_and_begins_nothing() -> None:
    play = alone("a > b", "x")
    play.control("pause")
    assert (play.run.status, play.run.paused_at, [*play.last.cancels]) == ("paused", play.now, [])
    play.finish("a")
    assert play.last.sends == []
    assert play.control("resume").sends == ["b"]
    assert (play.run.status, play.run.paused_at) == ("running", None)
    assert play.recorded() == ["run.resumed", "node.ready b"]


def test_a_run_whose_last_node_ends_in_a_pause_succeeds_after_it() -> None:
    play = alone("a")
    play.control("pause")
    play.finish("a")
    assert play.run.status == "paused"
    play.control("resume")
    assert play.run.status == "succeeded"


def test_a_failure_ends_a_paused_run() -> None:
    play = alone("a > b")
    play.control("pause")
    play.fail("a", "broken")
    assert play.run.status == "failed"


@pytest.mark.parametrize("twice", ["pause", "resume"])
def test_asking_twice_is_asking_once(twice: str) -> None:
    play = alone("a")
    play.control("pause")
    if twice == "resume":
        play.control("resume")
    assert not play.control(twice, after_ms=5).changed


def test_a_run_that_waits_to_start_is_neither_paused_nor_resumed() -> None:
    play = Play(version(graph("a")), start=False)
    assert not play.control("pause").changed
    assert not play.control("resume").changed


def test_a_pause_does_not_count_against_the_runs_limit() -> None:
    play = alone("a", settings={"timeout_s": 60})
    play.control("pause", after_ms=10_000)
    play.wake(after_ms=100_000)
    assert play.run.status == "paused"
    play.control("resume")
    assert play.run.deadline_at == NOW + 160_000
    play.wake(after_ms=49_999)
    assert play.run.status == "running"
    play.wake(after_ms=1)
    assert play.run.status == "failed"


def test_a_wake_that_comes_with_the_resume_knows_the_new_limit() -> None:
    play = alone("a", settings={"timeout_s": 60})
    play.control("pause", after_ms=10_000)
    play.tell(controlled("resume"), Woken(), after_ms=100_000)
    assert play.run.status == "running"


def test_a_run_that_is_paused_and_resumed_as_it_starts_keeps_its_limit() -> None:
    play = Play(version(graph("a", settings={"timeout_s": 60})), start=False)
    play.tell(RunRequested(run_id="run_1"), controlled("pause"), controlled("resume"))
    assert play.run.deadline_at == NOW + 60_000


@pytest.mark.parametrize("status", ["ready", "running", "suspended", "failed", "pending"])
def test_a_retry_makes_another_attempt_now(status: NodeStatus) -> None:
    play = reach(status)
    under_way = [each for each in ("b", "c") if play.statuses()[each] in ("ready", "running")]
    play.empty_outbox()
    play.control("retry", "b", attempt=1)
    assert play.last.sends == ["b"]
    assert [*play.last.cancels] == under_way
    assert (play.state("b").attempt, play.state("b").status) == (2, "ready")
    assert play.statuses()["c"] == "pending"
    assert not play.control("retry", "b", attempt=1).changed, "the same request, delivered again"
    assert not play.answer(succeeded("b")).changed, "the attempt that was given up"
    play.answer(succeeded("b", attempt=2))
    play.finish("c")
    assert play.run.status == "succeeded"


@pytest.mark.parametrize("status", ["succeeded", "skipped"])
def test_a_node_that_has_done_well_is_not_retried(status: NodeStatus) -> None:
    assert not reach(status).control("retry", "b").changed


def test_a_node_that_was_not_reached_is_not_retried() -> None:
    assert not alone("a > b").control("retry", "b").changed


def test_a_retry_undoes_what_came_after_the_failure() -> None:
    play = reach("failed", "a > b > c > d > end", "b > e > end", "a > x")
    play.finish("c")
    play.begin("d")
    play.finish("x")
    play.empty_outbox()
    play.control("retry", "b")
    assert [*play.last.cancels] == ["d", "e"]
    assert play.recorded() == [
        "node.reset c",
        "node.reset d",
        "node.reset e",
        "node.retrying b",
        "node.ready b",
    ]
    pending = dict.fromkeys(["c", "d", "e", "end"], "pending")
    assert play.statuses() == {"a": "succeeded", "b": "ready", "x": "succeeded", **pending}
    assert not play.answer(succeeded("d")).changed
    play.finish("b")
    assert play.last.sends == ["c", "e"]
    assert play.state("c").attempt == 2


def test_what_was_skipped_behind_a_failure_may_be_run_after_a_retry() -> None:
    play = alone("a > b", "a:failure > rescue", a={"on_failure": "port"})
    play.fail("a", "broken")
    assert play.statuses()["b"] == "skipped"
    play.control("retry", "a")
    play.finish("a")
    assert play.last.sends == ["b"]
    assert play.statuses()["rescue"] == "skipped"


def test_a_retry_in_a_paused_run_waits_for_its_end() -> None:
    play = reach("failed")
    play.control("pause")
    assert play.control("retry", "b", attempt=1).sends == []
    assert not play.control("retry", "b", attempt=1).changed
    assert play.control("resume").sends == ["b"]


def test_a_retry_between_two_turns_of_a_loop_is_sent_once() -> None:
    play = alone("a > b")
    play.ask("a", SpawnRuns(shape="loop"))
    play.control("pause")
    play.child("a", "0")
    play.control("retry", "a")
    assert play.run.eligible == ["a"]


def test_a_node_that_was_undone_can_be_skipped_for_good() -> None:
    play = alone("a > b > c", "a:false > d", a=CONTINUE)
    play.fail("a", "broken")
    play.finish("b")
    play.control("retry", "a")
    play.control("skip", "b", output=GIVEN)
    play.finish("a", "false")
    assert (play.statuses()["b"], play.state("b").port) == ("skipped", "out")
    play.finish("c")
    play.finish("d")
    assert [each for each in play.all_recorded() if each.endswith("skipped b")] == ["node.skipped b"]


def test_a_node_with_child_runs_is_not_retried_nor_what_is_before_it() -> None:
    play = alone("a > m", a=CONTINUE)
    play.fail("a", "broken")
    play.ask("m", TWO)
    assert not play.control("retry", "m").changed
    assert not play.control("retry", "a").changed


@pytest.mark.parametrize("status", ["pending", "ready", "running", "suspended"])
def test_a_skipped_node_leaves_with_what_was_given(status: NodeStatus) -> None:
    play = reach(status, "a > b:else > c", "b > d")
    play.control("skip", "b", port="else", output=GIVEN)
    assert (play.state("b").status, play.state("b").port, play.output("b")) == ("skipped", "else", "given")
    assert [*play.last.cancels] == (["b"] if status in ("ready", "running") else [])
    assert play.last.sends == ["c"]
    assert play.statuses()["d"] == "skipped"
    assert play.state("b").wake_at is None
    assert not play.answer(succeeded("b", attempt=1)).changed
    assert not play.control("skip", "b", port="out").changed


def test_a_node_can_be_skipped_before_it_is_reached() -> None:
    play = alone("a > b > c")
    play.control("skip", "b", output=GIVEN)
    assert play.last.sends == ["c"]
    play.finish("c")
    play.finish("a")
    assert play.run.status == "succeeded"


@pytest.mark.parametrize("status", ["succeeded", "failed", "skipped"])
def test_what_has_ended_is_not_skipped(status: NodeStatus) -> None:
    play = reach(status, "a > b > c", "x")
    assert not play.control("skip", "b").changed


def test_a_node_on_its_way_in_a_message_can_be_skipped() -> None:
    play = Play(version(graph("a > b > c")))
    assert play.sent() == [["a", "b", "c"]]
    play.control("skip", "b", output=GIVEN)
    assert play.sent() == [["c"]]
    play.answer(succeeded("a"), succeeded("b"), succeeded("c"))
    assert play.statuses() == {"a": "succeeded", "b": "skipped", "c": "ready"}, "c ran on another output of b"
    play.finish("c")
    assert play.run.status == "succeeded"


def test_skipping_the_head_of_a_message_sends_the_others_anew() -> None:
    play = Play(version(graph("a > b > c")))
    play.control("skip", "a", output=GIVEN)
    assert ([*play.last.cancels], play.sent()) == (["a"], [["b", "c"]])
    assert not play.answer(succeeded("a"), succeeded("b"), succeeded("c")).changed


def test_skipping_a_container_stops_its_child_runs() -> None:
    play = alone("m > after")
    play.ask("m", TWO)
    late = play.answered("m", "0", status="cancelled")
    play.control("skip", "m", output=GIVEN)
    assert play.last.tells == [("run_1.m.0", "cancel"), ("run_1.m.1", "cancel")]
    assert play.last.sends == ["after"]
    play.wake_for("m", begun=["run_1.m.0"])
    assert play.open("m") == ["0"], "the other one never began"
    assert ("run_1.m.0", "cancel") in play.last.tells
    play.tell(late)
    assert (play.open("m"), play.state("m").wake_at) == ([], None)
    assert play.statuses()["m"] == "skipped"


def test_a_run_that_ends_stops_what_a_skipped_container_has_left() -> None:
    play = alone("m", "x")
    play.ask("m", TWO)
    play.control("skip", "m")
    play.finish("x")
    assert play.run.status == "succeeded"
    assert ("run_1.m.1", "cancel") in play.last.tells


def test_a_result_and_a_skip_that_come_together_make_one_end() -> None:
    first = alone("a > b")
    first.tell(finished(succeeded("a")), controlled("skip", "a", output=GIVEN))
    assert first.statuses()["a"] == "succeeded"
    second = alone("a > b")
    second.tell(controlled("skip", "a", output=GIVEN), finished(succeeded("a")))
    assert (second.statuses()["a"], second.output("a")) == ("skipped", "given")


def test_a_failure_and_a_retry_that_come_together_make_one_new_attempt() -> None:
    play = alone("a", a=CONTINUE)
    play.tell(
        finished(failed("a", "broken")),
        controlled("retry", "a", attempt=1),
        controlled("retry", "a", attempt=2),
    )
    assert (play.last.sends, play.state("a").attempt) == (["a"], 2)
    assert play.recorded() == ["node.failed a", "node.retrying a", "node.ready a"]


@pytest.mark.parametrize("action", ["retry", "skip", "decide", "signal"])
@pytest.mark.parametrize("node_id", ["nobody", None])
def test_a_control_of_a_node_that_is_not_there_decides_nothing(action: str, node_id: str | None) -> None:
    assert not alone("a").control(action, node_id, port="out", output=GIVEN).changed


@pytest.mark.parametrize("action", ["retry", "skip", "decide", "signal"])
def test_a_control_of_another_attempt_decides_nothing(action: str) -> None:
    assert not reach("running").control(action, "b", attempt=2, port="out").changed


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry", "skip", "decide", "signal"])
def test_no_control_changes_a_finished_run(action: str) -> None:
    play = alone("a")
    play.finish("a")
    assert not play.control(action, "a", port="out", output=GIVEN).changed


@pytest.mark.parametrize(
    ("action", "node_id", "event"),
    [
        ("cancel", None, "run.cancelled"),
        ("pause", None, "run.paused"),
        ("retry", "b", "node.retrying"),
        ("skip", "b", "node.skipped"),
        ("signal", "c", "node.signalled"),
    ],
)
def test_what_a_control_leads_to_names_who_asked(action: str, node_id: str | None, event: str) -> None:
    play = reach("running")
    play.empty_outbox()
    play.control(action, node_id, output=GIVEN)
    found: dict[str, Any] = {each.type: (each.by, each.cause) for each in play.run.outbox.values()}
    assert found[event] == ("ann", "ctl_1")
    assert found.get("node.ready") in (None, (None, None)), "the planner sent that by itself"


def test_nobody_is_named_for_what_follows_in_the_same_batch() -> None:
    play = alone("a > b", "x")
    play.empty_outbox()
    play.tell(controlled("signal", "b"), finished(succeeded("a")))
    ended = [each for each in play.run.outbox.values() if each.type == "node.succeeded"]
    assert [(each.by, each.cause) for each in ended] == [(None, None)]
