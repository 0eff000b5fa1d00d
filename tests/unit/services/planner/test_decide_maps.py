"""Maps: windows of items, what a failed item does, and how a map is stopped."""

import pytest

from services.planner.children import LOOK_AGAIN_MS, Ungatherable
from services.planner.decide import Woken
from services.planner.transitions import Spawn
from shared.contracts.directive import SpawnRuns
from shared.contracts.failure import failure
from shared.contracts.value import inline
from tests.builders import finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone, controlled


def items(total: int, concurrency: int = 2, failing: str = "stop") -> SpawnRuns:
    """What a map asks for."""
    return SpawnRuns.model_validate({
        "shape": "map", "items": inline("[]"), "total": total, "concurrency": concurrency,
        "on_item_failure": failing,
    })  # fmt: skip


def mapping(total: int, concurrency: int = 2, failing: str = "stop", **policy: object) -> Play:
    """A run whose map has just begun its first items."""
    play = Play(version(graph("m > after", "m:failure > rescue", m=policy)))
    play.ask("m", items(total, concurrency, failing))
    return play


def keys(*found: str) -> list[tuple[str, str, list[str]]]:
    return [("m", "graph", list(found))]


def test_a_map_begins_as_many_items_as_may_run_side_by_side() -> None:
    play = mapping(5)
    assert play.last.spawns == [Spawn("m", 1, "graph", ["0", "1"])]
    assert play.statuses()["m"] == "suspended"


def test_a_finished_item_makes_room_for_the_next_one() -> None:
    play = mapping(5)
    play.child("m", "1")
    assert (play.spawned(), play.open("m")) == (keys("2"), ["0", "2"])
    play.tell(play.answered("m", "0"), play.answered("m", "2"))
    assert play.spawned() == keys("3", "4")


def test_a_map_goes_on_when_all_items_have_finished() -> None:
    play = mapping(3)
    for key in ("1", "0"):
        play.child("m", key)
        assert play.last.gathers == []
    play.child("m", "2")
    assert (play.last.gathers, play.sent()) == (["m"], [["after"]])
    play.last.answer("m", inline("[1,2,3]"))
    assert play.output("m") == [1, 2, 3]


def test_an_item_counts_once() -> None:
    play = mapping(5)
    play.tell(play.answered("m", "0"), play.answered("m", "0"))
    assert play.open("m") == ["1", "2"]
    assert not play.child("m", "0").changed
    assert not play.child("m", "4").changed


def test_an_empty_map_goes_on_at_once() -> None:
    play = mapping(0)
    assert (play.last.gathers, play.spawned()) == ([], []), "there is nobody to ask"
    assert (play.output("m"), play.sent()) == ([], [["after"]])


def test_a_failed_item_stops_the_map_when_the_others_have_stopped() -> None:
    play = mapping(5, concurrency=3, on_failure="port")
    play.child("m", "1", "broken")
    assert play.last.tells == [("run_1.m.0", "cancel"), ("run_1.m.2", "cancel")]
    assert play.spawned() == []
    assert play.statuses()["m"] == "suspended"
    play.tell(play.answered("m", "0"), play.answered("m", "2", "other", status="cancelled"))
    assert play.sent() == [["rescue"]]
    found = play.state("m").failure
    assert found is not None
    assert (found.code, found.node, found.path) == ("broken", "m", "m[1].inner")


@pytest.mark.parametrize("failing", ["keep", "drop"])
def test_a_failed_item_need_not_stop_a_map(failing: str) -> None:
    play = mapping(3, failing=failing)
    late = play.answered("m", "0", "broken")
    play.tell(late, late)
    assert play.spawned() == keys("2")
    assert not play.tell(late).changed
    play.child("m", "1", status="cancelled", output=None)
    assert play.state("m").suspended.children.failed == 2  # type: ignore[union-attr]
    play.child("m", "2")
    assert play.last.gathers == ["m"]
    assert play.statuses()["m"] == "succeeded"


def test_another_attempt_has_child_runs_of_its_own() -> None:
    play = mapping(1, retry={"max_attempts": 2, "initial_s": 0, "on": ["broken"]})
    late = play.answered("m", "0")
    play.child("m", "0", "broken")
    assert play.recorded() == ["node.retrying m", "node.ready m"]
    play.ask("m", items(1))
    assert play.spawned() == keys("0-2")
    assert not play.tell(late).changed
    play.child("m", "0-2")
    assert play.statuses()["m"] == "succeeded"


def test_what_was_lost_in_an_item_is_not_repeated_unless_the_policy_says_so() -> None:
    play = mapping(1, on_failure="continue", retry={"max_attempts": 3, "on": ["*"]})
    play.child("m", "0", "lost")
    assert play.statuses()["m"] == "failed"


def test_items_that_a_crash_has_kept_from_beginning_are_begun() -> None:
    play = mapping(5, concurrency=3)
    assert play.state("m").wake_at == play.now + LOOK_AGAIN_MS
    play.wake_for("m", begun=["run_1.m.1"])
    assert play.spawned() == keys("0", "2")
    play.wake_for("m", begun=["run_1.m.0", "run_1.m.1", "run_1.m.2"])
    assert play.spawned() == []
    assert play.last.tells == []


def test_a_stopped_map_does_not_wait_for_items_that_never_began() -> None:
    play = mapping(3, concurrency=3, on_failure="continue")
    play.child("m", "0", "broken")
    play.wake_for("m", begun=["run_1.m.1"])
    assert (play.open("m"), play.spawned()) == (["1"], [])
    assert play.last.tells == [("run_1.m.1", "cancel")]
    play.wake_for("m")
    assert play.statuses()["m"] == "failed"


def test_a_map_that_takes_too_long_stops_its_items() -> None:
    play = mapping(3, on_failure="continue", timeout_s=20)
    play.wake_for("m", begun=["run_1.m.0", "run_1.m.1"])
    assert play.last.tells == [("run_1.m.0", "cancel"), ("run_1.m.1", "cancel")]
    assert play.run.wake_at is not None
    assert play.run.wake_at > play.now
    play.child("m", "0", status="cancelled")
    play.child("m", "1")
    assert play.state("m").failure.code == "timeout"  # type: ignore[union-attr]
    assert play.spawned() == []


def test_items_that_would_begin_as_the_time_runs_out_do_not() -> None:
    play = alone("m", "x", m={"on_failure": "continue", "timeout_s": 20})
    asked = finished(play.asking("m", items(3)))
    play.tell(asked, Woken(), after_ms=20_000)
    assert (play.spawned(), play.statuses()["m"]) == ([], "failed")


def test_a_planner_takes_only_those_for_missing_that_it_has_looked_for() -> None:
    play = mapping(3, on_failure="continue")
    play.child("m", "0", "broken")
    due = play.state("m").wake_at or 0
    play.tell(Woken(looked_at=due - 1), after_ms=due - play.now)
    assert play.open("m") == ["1"]


def test_what_is_too_large_to_gather_fails_the_map() -> None:
    play = mapping(1, on_failure="continue")
    said = failure("output_too_large", "over 15,000,000 bytes")
    play.tell(Ungatherable("m", said), play.answered("m", "0"))
    assert play.state("m").failure.code == "output_too_large"  # type: ignore[union-attr]
    assert play.last.gathers == []


def test_a_run_that_ends_early_stops_its_items() -> None:
    play = mapping(5)
    play.cancel()
    stops = [("run_1.m.0", "cancel"), ("run_1.m.1", "cancel")]
    assert play.last.tells == stops
    play.wake()
    assert play.last.tells == stops, "a crash may have kept it from them"
    assert not play.last.changed
    assert not play.child("m", "0").changed


def test_nothing_begins_for_a_run_that_ends_in_the_same_breath() -> None:
    play = mapping(5)
    play.tell(play.answered("m", "0"), controlled("cancel"))
    assert play.spawned() == []


def test_a_run_that_takes_too_long_stops_its_items() -> None:
    play = alone("m", settings={"timeout_s": 20})
    play.ask("m", items(2))
    play.wake(after_ms=20_000, begun=["run_1.m.0"])
    assert play.run.status == "failed"
    assert ("run_1.m.0", "cancel") in play.last.tells


def test_a_paused_map_begins_no_items_until_it_goes_on() -> None:
    play = mapping(5)
    play.control("pause")
    assert play.last.tells == [("run_1.m.0", "pause"), ("run_1.m.1", "pause")]
    play.child("m", "0")
    assert (play.spawned(), play.open("m")) == ([], ["1"])
    play.wake_for("m")
    assert play.spawned() == [], "what a crash has kept from beginning has to wait, too"
    play.control("resume")
    assert play.last.tells == [("run_1.m.1", "resume")]
    assert play.spawned() == keys("2")
    play.wake_for("m", begun=["run_1.m.2"])
    assert play.spawned() == keys("1")


def test_a_map_that_asks_in_a_paused_run_begins_its_items_when_that_goes_on() -> None:
    play = alone("m")
    play.control("pause")
    play.ask("m", items(3))
    assert play.spawned() == []
    play.control("resume")
    assert play.spawned() == keys("0", "1")


def test_items_that_begin_as_the_run_is_paused_begin_after_the_pause() -> None:
    play = alone("m")
    play.tell(finished(play.asking("m", items(3))), controlled("pause"))
    assert play.spawned() == []
    play.control("resume")
    play.wake_for("m")
    assert [each for _, _, begun in play.spawned() for each in begun] == ["0", "1"]


def test_a_pause_that_comes_again_is_told_again() -> None:
    play = mapping(2)
    play.control("pause")
    play.control("pause")
    assert not play.last.changed
    assert play.last.tells == [("run_1.m.0", "pause"), ("run_1.m.1", "pause")]
    play.control("resume")
    play.control("resume")
    assert play.last.tells == [("run_1.m.0", "resume"), ("run_1.m.1", "resume")]


def test_a_wake_that_comes_with_a_resume_leaves_running_items_alone() -> None:
    play = mapping(3, concurrency=3, on_failure="continue")
    play.child("m", "0", "broken")
    play.control("pause")
    play.tell(controlled("resume"), Woken(), after_ms=1)
    assert play.open("m") == ["1", "2"]


def test_a_run_whose_answer_is_too_large_fails() -> None:
    play = Play(version(graph("a > b")))
    said = failure("output_too_large", "more than the 50,000,000 bytes")
    play.tell(Ungatherable("", said), finished(succeeded("a"), succeeded("b")))
    assert (play.run.status, play.run.failure, play.state("b").status) == ("failed", said, "succeeded")


def test_where_the_plan_is_sequential_one_item_runs_at_a_time_and_nothing_beside_it() -> None:
    play = Play(version(graph("m", "other")), max_parallel=1)
    assert play.sent() == [["m"]]
    play.ask("m", items(3, concurrency=100))
    assert (play.spawned(), play.sent()) == (keys("0"), [])
    play.child("m", "0")
    assert (play.spawned(), play.sent()) == (keys("1"), [])
    play.child("m", "1")
    play.child("m", "2")
    play.last.answer("m", inline("[]"))
    assert play.sent() == [["other"]]
