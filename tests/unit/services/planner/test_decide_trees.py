"""Trees: light nodes that branch off go in the same message; what is handed back is sent on its own."""

from tests.builders import failed, graph, succeeded, version
from tests.unit.services.planner.play import Play

FAN = graph("start > x > x2 > end", "start > y > end", "start > z > end")
LIGHT = ("x", "x2", "y", "z")


def test_light_branches_go_along_depth_first() -> None:
    play = Play(version(FAN, light=LIGHT))
    assert play.sent() == [["start", "x", "x2", "y", "z"]]
    play.answer(*(succeeded(node_id) for node_id in ("start", "x", "x2", "y", "z")))
    assert play.sent() == [["end"]]
    play.finish("end")
    assert play.run.status == "succeeded"


def test_heavy_branches_go_side_by_side() -> None:
    play = Play(version(FAN, light=("y",)))
    assert play.sent() == [["start", "y"]]
    play.answer(succeeded("start"), succeeded("y"))
    assert play.sent() == [["x", "x2"], ["z"]]


def test_what_is_handed_back_is_sent_on_its_own() -> None:
    play = Play(version(FAN, light=LIGHT))
    play.answer(succeeded("start"), succeeded("x"), succeeded("x2"))
    assert play.sent() == [["y"], ["z"]]
    assert play.statuses() == {"start": "succeeded", "x": "succeeded", "x2": "succeeded", "y": "ready",
                               "z": "ready", "end": "pending"}  # fmt: skip
    assert (play.state("y").attempt, play.state("y").head) == (1, "y")


def test_only_the_branch_that_is_taken_counts() -> None:
    drawn = graph("check:true > yes > more > end", "check:false > no > end")
    play = Play(version(drawn, light=("yes", "no", "more")))
    assert play.sent() == [["check", "yes", "more", "no"]]
    play.answer(succeeded("check", "false"), succeeded("no"))
    assert play.statuses() == {"check": "succeeded", "yes": "skipped", "more": "skipped", "no": "succeeded",
                               "end": "ready"}  # fmt: skip


def test_a_failed_branch_does_not_hold_up_its_sisters() -> None:
    retry = {"retry": {"max_attempts": 2, "initial_s": 60}}
    play = Play(version(graph("start > x > x2 > end", "start > y > end", x=retry), light=LIGHT))
    play.answer(succeeded("start"), failed("x"))
    assert play.sent() == [["y"]]
    assert play.statuses()["x"] == "pending"
    assert "x2" not in play.run.nodes
    play.finish("y")
    play.wake_for("x")
    assert play.sent() == [["x", "x2"]]
    play.answer(succeeded("x", attempt=2), succeeded("x2"))
    assert play.sent() == [["end"]]


def test_a_tree_is_sent_again_as_it_was() -> None:
    play = Play(version(FAN, light=LIGHT))
    play.wake_for("start")
    assert play.sent() == [["start", "x", "x2", "y", "z"]]


def test_an_overdue_tree_is_taken_apart() -> None:
    play = Play(version(FAN.model_copy(update={"nodes": [
        each.model_copy(update={"policy": each.policy.model_copy(update={"on_failure": "continue"})})
        for each in FAN.nodes
    ]}), light=LIGHT))  # fmt: skip
    play.begin("start")
    play.wake_for("start")
    assert play.statuses()["start"] == "failed"
    assert play.sent() == [["x", "x2"], ["y"], ["z"]]
    assert not play.answer(succeeded("start"), succeeded("x")).changed
