"""Cancelling at every moment of a run."""

from collections.abc import Callable

import pytest

from shared.contracts.events import RunRequested
from shared.contracts.run import NODE_FINISHED
from tests.builders import failed, graph, succeeded, version
from tests.unit.services.planner.play import Play

WAITING = {"retry": {"max_attempts": 2, "initial_s": 60}}


def requested(play: Play) -> None:
    play.tell(RunRequested(run_id=play.run.id))


def sent(play: Play) -> None:
    requested(play)
    assert play.statuses()["a"] == "ready"


def begun(play: Play) -> None:
    requested(play)
    play.begin("a")


def branched(play: Play) -> None:
    requested(play)
    play.answer(succeeded("a", "true"))


def waiting(play: Play) -> None:
    branched(play)
    play.answer(failed("b"))
    assert play.statuses()["b"] == "pending"


MOMENTS: dict[str, tuple[Callable[[Play], None], list[str]]] = {
    "queued": (lambda _: None, []),
    "sent": (sent, ["a"]),
    "begun": (begun, ["a"]),
    "between nodes": (branched, ["b"]),
    "waiting for another attempt": (waiting, []),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_can_be_cancelled_while_it_is(moment: str) -> None:
    reach, stopped = MOMENTS[moment]
    play = Play(version(graph("a:true > b > d", "a:false > c", b=WAITING)), start=False)
    reach(play)
    kept = {node_id: status for node_id, status in play.statuses().items() if status in NODE_FINISHED}
    play.cancel("changed my mind")
    assert play.run.status == "cancelled"
    assert play.run.cancel_reason == "changed my mind"
    assert play.run.finished_at == play.now
    assert [*play.last.cancels] == stopped
    assert play.last.entered == ["cancelled"]
    assert play.recorded()[-1] == "run.cancelled"
    expected = {node_id: kept.get(node_id, "cancelled") for node_id in play.graph.nodes}
    assert play.statuses() == expected


def test_what_comes_after_a_cancel_changes_nothing() -> None:
    play = Play(version(graph("a > b")), start=False)
    play.cancel()
    requested(play)
    assert not play.last.changed
    assert not play.cancel().changed
    assert not play.wake().changed
    assert not play.begin("a").changed
    assert not play.answer(succeeded("a"), succeeded("b")).changed


def test_a_result_that_comes_with_the_cancel_is_kept_when_it_came_first() -> None:
    play = Play(version(graph("a")))
    play.finish("a")
    assert not play.cancel().changed
    assert play.run.status == "succeeded"


def test_a_cancelled_chain_ends_as_a_whole() -> None:
    play = Play(version(graph("a > b > c")))
    play.cancel()
    assert play.statuses() == dict.fromkeys("abc", "cancelled")
    assert [*play.last.cancels] == ["a"]
