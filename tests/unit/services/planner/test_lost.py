"""Work that nobody answers for any more."""

from services.planner.lost import unheard
from tests.builders import graph, version
from tests.unit.services.planner.play import Play, alone


def begun(play: Play) -> Play:
    play.begin("a")
    return play


def test_an_answer_that_is_overdue_is_lost_and_the_work_done_again() -> None:
    play = begun(Play(version(graph("a > b", a={"timeout_s": 10}))))
    due = play.state("a").wake_at or 0
    assert unheard(play.run, play.graph, "a", due - 1) == []
    [told] = unheard(play.run, play.graph, "a", due)
    play.tell(told, after_ms=due - play.now)
    assert play.recorded() == ["node.retrying a", "node.ready a"]
    assert play.sent() == [["a", "b"]]
    assert play.state("a").attempt == 2


def test_of_work_with_effects_nothing_is_known_without_its_claim() -> None:
    play = begun(alone("a"))
    assert unheard(play.run, play.graph, "a", play.state("a").wake_at or 0) == []


def test_work_that_has_not_begun_is_not_overdue() -> None:
    play = Play(version(graph("a")))
    assert unheard(play.run, play.graph, "a", play.state("a").wake_at or 0) == []
