"""Loops, tries and other workflows as child runs."""

import pytest

from services.planner.children import ChildBegun, ChildFinished
from shared.contracts.directive import SpawnRuns
from shared.contracts.failure import failure
from shared.contracts.value import inline
from tests.builders import NOW, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, controlled

AGAIN = {"retry": {"max_attempts": 2, "initial_s": 0, "on": ["broken"]}}


def container(directive: SpawnRuns, **policy: object) -> Play:
    """A run whose container has just asked for this; it never stops the run."""
    play = Play(version(graph("c > after", "c:failure > rescue", c={"on_failure": "port", **policy})))
    play.ask("c", directive)
    return play


def turn(number: int) -> SpawnRuns:
    return SpawnRuns(shape="loop", item=inline(str(number)), turn=number)


def attempt(*, last: bool = False) -> SpawnRuns:
    return SpawnRuns.model_validate({"shape": "try", "finally": last})


def other(*, wait: bool) -> SpawnRuns:
    return SpawnRuns(shape="workflow", workflow_id="wf_2", wait=wait)


def test_a_loop_is_asked_again_after_each_turn_with_what_it_left() -> None:
    play = container(turn(0))
    assert play.spawned() == [("c", "graph", ["0"])]
    play.child("c", "0")
    assert (play.last.sends, play.state("c").turn, play.state("c").attempt) == (["c"], 1, 1)
    suspended = play.state("c").suspended
    assert suspended is not None
    assert suspended.children is not None
    assert suspended.children.answer == inline('"output of 0"')
    play.ask("c", turn(1))
    assert play.spawned() == [("c", "graph", ["1"])]
    play.child("c", "1")
    play.answer(succeeded("c").model_copy(update={"turn": 2}))
    assert (play.statuses()["c"], play.sent()) == ("succeeded", [["after"]])


def test_what_a_loop_answers_about_an_earlier_turn_does_not_count() -> None:
    play = container(turn(0))
    play.child("c", "0")
    assert not play.answer(succeeded("c")).changed
    assert not play.tell(finished(play.asking("c", turn(0), turn=0))).changed
    assert play.statuses()["c"] == "ready"


def test_a_turn_that_fails_fails_its_loop() -> None:
    play = container(turn(0))
    play.child("c", "0")
    play.ask("c", turn(1))
    play.child("c", "1", "broken")
    found = play.state("c").failure
    assert found is not None
    assert (found.code, found.path) == ("broken", "c[1].inner")
    assert play.sent() == [["rescue"]]


def test_another_attempt_of_a_loop_begins_at_its_first_turn() -> None:
    play = container(turn(0), **AGAIN)
    play.child("c", "0")
    play.ask("c", turn(1))
    play.child("c", "1", "broken")
    assert (play.last.sends, play.state("c").turn, play.state("c").attempt) == (["c"], 0, 2)
    play.ask("c", turn(0))
    assert play.spawned() == [("c", "graph", ["0-2"])]


def test_a_retry_begins_a_loop_at_its_first_turn() -> None:
    play = container(turn(0))
    play.child("c", "0")
    play.control("retry", "c")
    assert (play.state("c").turn, play.state("c").suspended, play.last.sends) == (0, None, ["c"])


def test_a_loop_that_takes_too_long_ends_though_its_turn_has_succeeded() -> None:
    play = container(turn(0), timeout_s=20)
    play.wake_for("c", begun=["run_1.c.0"])
    assert play.last.tells == [("run_1.c.0", "cancel")]
    play.child("c", "0")
    assert play.state("c").failure.code == "timeout"  # type: ignore[union-attr]


def test_the_time_of_a_loop_covers_all_its_turns() -> None:
    play = container(turn(0), timeout_s=20)
    play.now += 15_000
    play.child("c", "0")
    play.ask("c", turn(1))
    assert play.state("c").deadline_at == NOW + 20_000


def test_a_loop_between_two_turns_can_run_out_of_time() -> None:
    play = container(turn(0), timeout_s=20, retry={"max_attempts": 2, "initial_s": 60})
    play.control("pause")
    play.child("c", "0")
    assert (play.last.sends, play.run.eligible) == ([], ["c"])
    play.wake_for("c")
    assert (play.statuses()["c"], play.run.eligible) == ("pending", [])
    assert play.control("resume").sends == []


def test_a_try_goes_on_with_the_output_of_its_body() -> None:
    play = container(attempt())
    assert play.spawned() == [("c", "graph", ["0"])]
    play.child("c", "0")
    assert (play.output("c"), play.sent()) == ("output of 0", [["after"]])


def test_a_try_leaves_through_failure_when_its_body_fails() -> None:
    play = container(attempt(), on_failure="stop")
    play.child("c", "0", "broken")
    assert (play.run.status, play.sent()) == ("running", [["rescue"]])
    assert play.state("c").failure.path == "c.inner"  # type: ignore[union-attr]


def test_a_try_repeats_its_body_as_its_policy_says() -> None:
    play = container(attempt(), **AGAIN)
    play.child("c", "0", "broken")
    assert play.recorded() == ["node.retrying c", "node.ready c"]
    play.ask("c", attempt())
    play.child("c", "0-2", "broken")
    assert play.sent() == [["rescue"]]


@pytest.mark.parametrize(
    ("body", "last", "port", "code"),
    [
        (None, None, "out", None),
        ("broken", None, "failure", "broken"),
        (None, "worse", "failure", "worse"),
        ("broken", "worse", "failure", "worse"),
    ],
)
def test_finally_runs_once_at_the_end(
    body: str | None, last: str | None, port: str, code: str | None
) -> None:
    play = container(attempt(last=True), retry={"max_attempts": 3, "initial_s": 0, "on": ["worse"]})
    play.child("c", "0", body)
    assert play.spawned() == [("c", "finally", ["finally"])]
    assert play.statuses()["c"] == "suspended"
    play.child("c", "finally", last)
    assert play.state("c").port == port
    assert play.output("c") == (None if code else "output of 0")
    assert (play.state("c").failure.code if play.state("c").failure else None) == code  # type: ignore[union-attr]


def test_finally_waits_for_the_last_attempt() -> None:
    play = container(attempt(last=True), **AGAIN)
    play.child("c", "0", "broken")
    assert play.last.sends == ["c"]
    play.ask("c", attempt(last=True))
    play.child("c", "0-2")
    assert play.spawned() == [("c", "finally", ["finally-2"])]
    play.child("c", "finally-2")
    assert play.output("c") == "output of 0-2"


def test_finally_runs_when_the_body_takes_too_long_even_if_it_never_began() -> None:
    play = container(attempt(last=True), timeout_s=20)
    play.wake_for("c")
    assert play.spawned() == [("c", "finally", ["finally"])]
    play.wake_for("c", begun=["run_1.c.finally"])
    assert play.spawned() == []
    play.child("c", "finally")
    assert play.state("c").failure.code == "timeout"  # type: ignore[union-attr]


def test_finally_is_brought_to_its_end_when_the_time_runs_out() -> None:
    play = container(attempt(last=True), timeout_s=20)
    play.child("c", "0")
    play.wake_for("c", begun=["run_1.c.finally"])
    assert play.last.tells == []
    assert play.run.wake_at is not None
    assert play.run.wake_at > play.now
    play.child("c", "finally")
    assert play.state("c").failure.code == "timeout"  # type: ignore[union-attr]


def test_a_paused_run_begins_neither_body_nor_finally_nor_the_next_turn() -> None:
    play = Play(version(graph("c > after")))
    play.control("pause")
    play.ask("c", attempt(last=True))
    assert play.spawned() == []
    play.control("resume")
    play.wake_for("c")
    assert play.spawned() == [("c", "graph", ["0"])]
    play.control("pause")
    play.child("c", "0", "broken")
    assert play.spawned() == []
    play.control("resume")
    play.wake_for("c")
    assert play.spawned() == [("c", "finally", ["finally"])]


def test_another_workflow_that_is_waited_for_gives_its_output() -> None:
    play = container(other(wait=True))
    assert play.spawned() == [("c", "", ["0"])]
    play.child("c", "0")
    assert play.output("c") == "output of 0"


def test_another_workflow_that_fails_fails_the_node() -> None:
    play = container(other(wait=True))
    play.child("c", "0", "broken")
    assert play.state("c").failure.path == "c.inner"  # type: ignore[union-attr]


def cannot_begin(code: str = "not_found") -> ChildFinished:
    """There is no such workflow."""
    return ChildFinished("c", 1, "0", "failed", failure=failure(code, "no workflow 'wf_2'"), begun=False)


def test_a_child_that_nobody_waits_for_has_begun_when_it_has_finished() -> None:
    play = container(other(wait=False))
    play.child("c", "0", "broken")
    assert (play.state("c").status, play.output("c")) == ("succeeded", {"run_id": "run_1.c.0"})


def test_another_workflow_that_cannot_begin_fails_the_node() -> None:
    play = container(other(wait=False))
    play.tell(cannot_begin())
    found = play.state("c").failure
    assert found is not None
    assert (found.code, found.path) == ("not_found", "c")


def test_another_workflow_that_is_not_waited_for_gives_its_run() -> None:
    play = container(other(wait=False))
    play.tell(ChildBegun("c", 1, "run_1.c.0"))
    assert (play.output("c"), play.sent()) == ({"run_id": "run_1.c.0"}, [["after"]])
    assert not play.child("c", "0", "broken").changed


def test_a_workflow_that_is_not_waited_for_may_end_before_it_was_heard_of() -> None:
    play = container(other(wait=False))
    play.child("c", "0")
    assert play.output("c") == {"run_id": "run_1.c.0"}


def test_a_crash_does_not_make_a_node_wait_for_a_workflow_that_it_need_not_wait_for() -> None:
    play = container(other(wait=False))
    play.wake_for("c")
    assert play.spawned() == [("c", "", ["0"])]
    play.wake_for("c", begun=["run_1.c.0"])
    assert play.output("c") == {"run_id": "run_1.c.0"}


def test_a_workflow_that_is_not_waited_for_is_not_told_what_happens_here() -> None:
    play = container(other(wait=False))
    assert play.control("pause").tells == []
    assert play.control("cancel").tells == []


def test_word_of_an_earlier_attempt_does_not_count() -> None:
    play = container(other(wait=False), **AGAIN)
    play.tell(cannot_begin("broken"))
    play.ask("c", other(wait=False))
    assert not play.tell(ChildBegun("c", 1, "run_1.c.0")).changed
    assert play.open("c") == ["0-2"]


def test_controls_reach_the_child_runs_of_a_try() -> None:
    play = container(attempt())
    for action in ("pause", "resume", "cancel"):
        assert play.tell(controlled(action)).tells == [("run_1.c.0", action)]
