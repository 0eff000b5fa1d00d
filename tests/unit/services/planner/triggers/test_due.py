"""Which times of a schedule want a run, and what becomes of those that were missed."""

import pytest

from services.planner.triggers.due import GRACE_MS, due_times
from shared.contracts.trigger import Missed, ScheduleConfig, Trigger
from tests.builders import NOW, WORKSPACE

MINUTE = 60_000
START = NOW - NOW % MINUTE


def schedule(cron: str, *, next_at: int, missed: Missed = "one") -> tuple[Trigger, ScheduleConfig]:
    """A schedule that was to be looked at then."""
    config = ScheduleConfig(cron=cron, missed=missed)
    trigger = Trigger(id="trg_1", workspace_id=WORKSPACE, workflow_id="wf_1", name="x", config=config,
                      next_at=next_at, created_at=0, updated_at=0)  # fmt: skip
    return trigger, config


def test_a_time_that_has_just_come_wants_a_run() -> None:
    due = due_times(*schedule("* * * * *", next_at=START), START + 120)
    assert (due.times, due.next_at, due.missed) == ([START], START + MINUTE, None)


def test_all_that_came_within_the_grace_want_one_each() -> None:
    due = due_times(*schedule("*/5 * * * * *", next_at=START, missed="skip"), START + 11_000)
    assert due.times == [START, START + 5000, START + 10_000]
    assert due.missed is None


@pytest.mark.parametrize(("missed", "minutes"), [("skip", []), ("one", [9]), ("all", [*range(10)])])
def test_missed_times_are_passed_over_made_up_for_by_one_or_by_all(
    missed: Missed, minutes: list[int]
) -> None:
    now = START + 9 * MINUTE + 30_000
    due = due_times(*schedule("* * * * *", next_at=START, missed=missed), now)
    assert due.times == [START + each * MINUTE for each in minutes]
    assert due.next_at == START + 10 * MINUTE
    assert due.missed is not None
    assert (due.missed.count, due.missed.made_up, due.missed.more) == (10, len(minutes), False)


def test_of_very_many_missed_times_the_latest_hundred_are_made_up_for_and_it_says_so() -> None:
    now = START + 30 * 86_400_000
    due = due_times(*schedule("* * * * *", next_at=START, missed="all"), now)
    assert due.times == [now - each * MINUTE for each in range(100, -1, -1)]
    assert due.missed is not None
    assert (due.missed.count, due.missed.more, due.missed.made_up) == (100, True, 100)
    assert (due.missed.first_at, due.missed.last_at) == (START, now - MINUTE)


def test_one_that_came_at_the_end_of_the_grace_is_neither_lost_nor_doubled() -> None:
    for late in (GRACE_MS - 1, GRACE_MS, GRACE_MS + 1):
        for missed in ("one", "all"):
            due = due_times(*schedule("* * * * *", next_at=START, missed=missed), START + late)
            assert due.times == [START]


def test_after_the_last_time_there_is_no_next() -> None:
    trigger, config = schedule("* * * * *", next_at=START)
    due = due_times(trigger, config.model_copy(update={"until_at": START}), START + 1)
    assert (due.times, due.next_at) == ([START], None)
