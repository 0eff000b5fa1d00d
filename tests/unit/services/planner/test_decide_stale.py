"""Repeated, late, reordered and foreign facts decide nothing."""

from collections.abc import Callable

import pytest

from services.planner.decide import Fact, decide
from shared.contracts.events import NodeStarted, RunRequested
from tests.builders import NOW, failed, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone

RETRY = {"retry": {"max_attempts": 3, "initial_s": 0}}


def started(node_id: str, attempt: int = 1) -> NodeStarted:
    return NodeStarted(run_id="run_1", node=node_id, attempt=attempt, executor="e", at=NOW)


def begun() -> Play:
    """A run whose node `a` is in its second attempt; `c` is still to come."""
    play = alone("a > c", "b > c", a=RETRY)
    play.fail("a")
    play.begin("a")
    play.finish("b")
    return play


DECIDES_NOTHING: dict[str, Callable[[], Fact]] = {
    "the request again": lambda: RunRequested(run_id="run_1"),
    "the start again": lambda: started("a", 2),
    "the start of an earlier attempt": lambda: started("a", 1),
    "the start of a finished node": lambda: started("b"),
    "the start of a node that was not sent": lambda: started("c"),
    "the start of an attempt never made": lambda: started("c", 0),
    "the start of an unknown node": lambda: started("nobody"),
    "a result of an earlier attempt": lambda: finished(failed("a")),
    "a success of an earlier attempt": lambda: finished(succeeded("a")),
    "a result of an attempt to come": lambda: finished(succeeded("a", attempt=3)),
    "a result twice": lambda: finished(succeeded("b")),
    "another result of a finished node": lambda: finished(failed("b")),
    "a result of a node that was not sent": lambda: finished(succeeded("c")),
    "a result of an attempt never made": lambda: finished(succeeded("c", attempt=0)),
    "a result of an unknown node": lambda: finished(succeeded("nobody")),
}


@pytest.mark.parametrize("what", DECIDES_NOTHING)
def test_this_decides_nothing(what: str) -> None:
    play = begun()
    before = play.run
    decision = play.tell(DECIDES_NOTHING[what](), after_ms=5)
    assert not decision.changed
    assert (decision.run, decision.sends, decision.cancels, decision.results) == (before, [], {}, {})


def test_a_batch_of_nothing_but_noise_decides_nothing() -> None:
    play = begun()
    assert not play.tell(*(make() for make in DECIDES_NOTHING.values())).changed


def test_noise_does_not_hide_what_comes_with_it() -> None:
    play = begun()
    noise = [make() for make in DECIDES_NOTHING.values()]
    play.tell(*noise, finished(succeeded("a", attempt=2)), *noise)
    assert play.last.sends == ["c"]
    assert play.recorded() == ["node.succeeded a", "node.ready c"]


def test_a_result_may_overtake_its_start() -> None:
    play = alone("a > b")
    play.finish("a")
    assert not play.tell(started("a")).changed
    assert play.statuses()["a"] == "succeeded"


def test_a_late_answer_to_a_chain_does_not_count_for_its_second_sending() -> None:
    play = Play(version(graph("a > b > c", a={"on_failure": "continue"})))
    play.begin("a")
    play.wake_for("a")
    assert play.sent() == [["b", "c"]]
    assert not play.answer(succeeded("a"), succeeded("b"), succeeded("c")).changed
    play.answer(succeeded("b"), succeeded("c"))
    assert play.run.status == "succeeded"


def test_nothing_is_decided_about_a_run_before_it_starts() -> None:
    play = Play(version(graph("a > b")), start=False)
    assert not play.tell(finished(succeeded("a")), started("a")).changed


def test_the_same_facts_give_the_same_decision_and_leave_their_run_alone() -> None:
    play = begun()
    before = play.run.model_dump()
    facts: list[Fact] = [finished(failed("a", attempt=2)), finished(succeeded("b"))]
    first = decide(play.run, play.graph, facts, play.now)
    assert first == decide(play.run, play.graph, facts, play.now)
    assert play.run.model_dump() == before
