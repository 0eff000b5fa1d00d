"""A pause that comes late must not undo the resumption that came after it."""

from typing import Any, cast

from services.planner.heard import Heard
from services.planner.repeats import Repeats
from shared.contracts.events import RunControl, RunWoken
from shared.contracts.run import Event
from tests.builders import run


class Book:
    """Stands for what is recorded."""

    def __init__(self, *causes: str) -> None:
        self.causes = causes
        self.asked = 0

    async def after(self, run_id: str, seq: int) -> dict[int, Event]:
        self.asked += 1
        return {number: _caused(cause) for number, cause in enumerate(self.causes, 1)}


def _caused(cause: str) -> Event:
    return Event(type="run.paused", at=1, cause=cause)


def control(action: str, mark: str) -> Heard:
    return Heard(RunControl.model_validate({"run_id": "run_1", "id": mark, "action": action}), "")


async def left(book: Book, *heard: Heard, **changes: Any) -> list[str]:
    found = await Repeats(cast("Any", book)).without(run("run_1", **changes), heard)
    return [getattr(each.message, "id", "woken") for each in found]


async def test_what_has_had_its_effect_has_it_no_more() -> None:
    pause, resume = control("pause", "ctl_1"), control("resume", "ctl_2")
    assert await left(Book(), pause, resume) == ["ctl_1", "ctl_2"]
    assert await left(Book("ctl_1"), pause, resume) == ["ctl_2"]
    assert await left(Book(), pause, outbox={"1": _caused("ctl_1")}) == []


async def test_what_comes_twice_at_once_counts_once() -> None:
    pause, resume = control("pause", "ctl_1"), control("resume", "ctl_2")
    assert await left(Book(), pause, resume, pause) == ["ctl_1", "ctl_2"]


async def test_others_may_come_twice_and_nothing_is_read_for_them() -> None:
    book, parents = Book("ctl_1"), control("pause", "")
    heard = (Heard(RunWoken(run_id="run_1"), ""), control("cancel", "ctl_1"), parents, parents)
    assert await left(book, *heard) == ["woken", "ctl_1", "", ""]
    assert book.asked == 0
