"""Whose turn it is to begin a run."""

from collections import Counter
from collections.abc import Iterable

from services.planner.turns import (
    CREDIT,
    FIRST_WINDOW,
    GIVEN_UP_MS,
    LEAST_WINDOW,
    MOST_WAITING,
    SHORT_MS,
    Turns,
)
from shared.messaging.topology import partition_of

CORE, SLOW = ("core", "normal"), ("slow", "normal")


class Line:
    """Turns, with executors that take what was sent when they are told to."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.now = 0
        self.out: list[str] = []
        self.begun: list[str] = []

    def wait(self, workspace: str, count: int, place: tuple[str, str] = CORE, first: int = 0) -> None:
        for number in range(first, first + count):
            assert self.turns.wait(f"{workspace}-{number}", workspace, place)

    def begin(self) -> list[str]:
        """Those whose turn has come send a message each."""
        found = self.turns.next(self.now)
        for run_id in found:
            workspace = run_id.partition("-")[0]
            self.turns.sent(run_id, "a", workspace, SLOW if workspace == "slow" else CORE, self.now)
        self.out += found
        self.begun += found
        return found

    def answer(self, count: int, waited_ms: int = 10) -> None:
        """The oldest messages are answered after that long."""
        self.now += waited_ms
        for run_id in self.out[:count]:
            self.turns.answered(run_id, "a", 0, self.now)
        del self.out[:count]


def of(run_ids: Iterable[str]) -> Counter[str]:
    return Counter(run_id.partition("-")[0] for run_id in run_ids)


def test_no_more_begin_than_executors_take_at_once() -> None:
    line = Line()
    line.wait("big", 1_000)
    assert line.begin() == [f"big-{n}" for n in range(FIRST_WINDOW)]
    assert line.begin() == []
    line.answer(10)
    assert 10 <= len(line.begin()) <= 12
    assert len(line.turns) == 1_000 - len(line.begun)


def test_a_newcomer_need_not_wait_behind_ten_thousand() -> None:
    line = Line()
    line.wait("big", 10_000)
    line.begin()
    line.wait("small", 20)
    line.answer(20)
    assert of(line.begin())["small"] == 20


def test_in_the_long_run_all_get_the_same() -> None:
    line = Line()
    for workspace, count in {"big": 9_000, "huge": 9_000, "late": 1_500}.items():
        line.wait(workspace, count)
    while of(line.begun)["late"] < 1_500:
        line.begin()
        line.answer(LEAST_WINDOW)
    shares = of(line.begun)
    assert abs(shares["big"] - shares["huge"]) <= FIRST_WINDOW
    assert shares["late"] - shares["big"] <= CREDIT + FIRST_WINDOW


def test_who_comes_back_is_not_paid_for_having_been_away_nor_punished_for_having_had_much() -> None:
    line = Line()
    line.wait("big", 3_000)
    while line.begin() or line.out:
        line.answer(LEAST_WINDOW)
    line.wait("new", 3_000)
    line.wait("big", 3_000, first=3_000)
    before = of(line.begun)
    while len(line.turns) > 1_000:
        line.begin()
        line.answer(LEAST_WINDOW)
    got = of(line.begun)
    assert abs((got["big"] - before["big"]) - got["new"]) <= CREDIT + FIRST_WINDOW


def test_the_window_shrinks_when_messages_stand_in_line_and_grows_when_they_do_not() -> None:
    line = Line()
    line.wait("big", 15_000)
    for _ in range(60):
        line.begin()
        line.answer(LEAST_WINDOW, waited_ms=SHORT_MS * 3)
    assert len(line.out) <= LEAST_WINDOW
    line.answer(len(line.out))
    assert len(line.begin()) == LEAST_WINDOW
    for _ in range(60):
        line.answer(len(line.out))
        line.begin()
    assert len(line.out) > 2 * LEAST_WINDOW


def test_a_pool_that_nobody_serves_holds_up_only_itself_and_not_for_ever() -> None:
    line = Line()
    line.wait("slow", 500, SLOW)
    assert len(line.begin()) == FIRST_WINDOW
    line.wait("quick", 10)
    assert of(line.begin()) == {"quick": 10}
    line.now += GIVEN_UP_MS
    line.turns.forget(line.now)
    assert of(line.begin()) == {"slow": FIRST_WINDOW}


def test_what_is_sent_for_those_under_way_counts_too() -> None:
    line = Line()
    for number in range(FIRST_WINDOW):
        line.turns.sent("older", f"n{number}", "big", CORE, 0)
    line.wait("small", 1)
    assert line.begin() == []
    assert line.turns.done("older", "n0")
    assert not line.turns.done("older", "n0"), "once is enough"
    assert line.begin() == ["small-0"]


def test_a_run_stands_in_line_once_and_leaves_it_with_its_partition() -> None:
    line = Line()
    line.wait("big", 30)
    line.wait("big", 30)
    assert len(line.turns) == 30
    gone = partition_of("big-7")
    line.turns.leave(gone)
    assert "big-7" not in line.turns
    begun = line.begin()
    assert begun == [f"big-{n}" for n in range(30) if partition_of(f"big-{n}") != gone]


def test_the_line_does_not_grow_without_end() -> None:
    line = Line()
    line.wait("big", MOST_WAITING)
    assert not line.turns.wait("one-more", "one", CORE)
    line.begin()
    assert line.turns.wait("one-more", "one", CORE)
