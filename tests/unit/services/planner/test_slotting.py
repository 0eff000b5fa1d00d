"""Who gets a slot, who waits, who is turned away, who is cancelled for a newer run."""

from collections.abc import Mapping
from typing import Any

import pytest
from bson import encode

from services.planner.slotting import MOST_RUNS, Wish, admit, release
from shared.contracts.graph import Concurrency
from shared.contracts.slots import KeySlots, Waiting
from shared.storage.mongo import Document

EMPTY = KeySlots(id="key")
MEGABYTE = 1_000_000


def wish(run_id: str, limit: int = 1, when_full: Any = "queue", lane: Any = "normal") -> Wish:
    return Wish(run_id, Concurrency(key="db", limit=limit, when_full=when_full), lane)


def answers(slots: KeySlots, *wishes: Wish) -> tuple[KeySlots, Mapping[str, str], list[str]]:
    admitted = admit(slots, wishes)
    return admitted.slots, {run: each.answer for run, each in admitted.admissions.items()}, admitted.cancel


def full(*holders: str, waiting: str = "") -> KeySlots:
    """These hold the slots; those wait in line for one of as many."""
    line = [Waiting(run_id=run_id, limit=len(holders)) for run_id in waiting.split()]
    return KeySlots(id="key", holders=list(holders), waiting=line)


def test_as_many_as_the_limit_allows_start_and_the_rest_wait_in_turn() -> None:
    slots, told, cancel = answers(EMPTY, *(wish(each, 2) for each in "abcd"))
    assert told == {"a": "granted", "b": "granted", "c": "waiting", "d": "waiting"}
    assert (slots.holders, [each.run_id for each in slots.waiting], cancel) == (["a", "b"], ["c", "d"], [])
    slots, woken = release(slots, ["a"])
    assert (slots.holders, woken) == (["b", "c"], ["c"])
    slots, woken = release(slots, ["b", "c"])
    assert (slots, woken) == (full("d"), ["d"])
    assert release(slots, ["d"]) == (EMPTY, [])


def test_who_asks_again_is_answered_the_same() -> None:
    once, told, _ = answers(EMPTY, wish("a"), wish("b"), wish("b"))
    assert told == {"a": "granted", "b": "waiting"}
    assert answers(once, wish("b"), wish("a")) == (once, told, [])


def test_who_leaves_twice_or_was_never_there_changes_nothing() -> None:
    slots = full("a", waiting="b")
    after, woken = release(slots, ["a"])
    assert release(after, ["a", "nobody"]) == (after, [])
    assert woken == ["b"]


def test_who_waits_and_is_cancelled_leaves_the_line() -> None:
    slots, woken = release(full("a", waiting="b c"), ["b"])
    assert (slots, woken) == (full("a", waiting="c"), [])


def test_the_high_lane_goes_first() -> None:
    slots, _, _ = answers(full("a", waiting="b"), wish("c"), wish("d", lane="high"), wish("e", lane="high"))
    turns: list[str] = []
    while slots.holders:
        slots, woken = release(slots, slots.holders)
        turns += woken
    assert turns == ["d", "e", "b", "c"]


def test_a_run_that_will_not_wait_is_rejected_when_all_slots_are_taken() -> None:
    slots, told, _ = answers(EMPTY, wish("a", 1, "reject"), wish("b", 1, "reject"))
    assert (slots, told) == (full("a"), {"a": "granted", "b": "rejected"})
    assert "key 'db'" in admit(slots, [wish("b", 1, "reject")]).admissions["b"].reason
    assert answers(EMPTY, wish("b", 1, "reject"))[1] == {"b": "granted"}, "it may try again"


def test_a_run_that_is_rejected_keeps_nobody_from_starting() -> None:
    slots, told, _ = answers(full("a"), wish("b", 1, "reject"), wish("c", 2))
    assert told == {"b": "rejected", "c": "granted"}
    assert slots.holders == ["a", "c"]


def test_each_run_is_held_to_its_own_limit_and_nobody_is_passed_over() -> None:
    slots, told, _ = answers(full("a", "b"), wish("careful", 1), wish("bold", 5))
    assert told == {"careful": "waiting", "bold": "waiting"}
    slots, woken = release(slots, ["a"])
    assert woken == []
    assert release(slots, ["b"])[1] == ["careful", "bold"]


@pytest.mark.parametrize(
    ("holders", "newcomers", "limit", "cancelled"),
    [
        ("a", "b", 1, "a"),
        ("a", "b", 2, ""),
        ("a b c", "d", 3, "a"),
        ("a b c", "d e", 3, "a b"),
        ("a b c", "d", 1, "a b c"),
        ("a", "b c", 1, "b a"),
        ("a b", "c d e", 2, "c a b"),
    ],
)
def test_the_newest_take_the_place_of_the_oldest(
    holders: str, newcomers: str, limit: int, cancelled: str
) -> None:
    wishes = [wish(each, limit, "cancel_running") for each in newcomers.split()]
    slots, told, cancel = answers(full(*holders.split()), *wishes)
    assert cancel == cancelled.split()
    slots, woken = release(slots, cancel)
    left = [each for each in [*holders.split(), *newcomers.split()] if each not in cancel]
    assert sorted(slots.holders) == left
    assert not slots.waiting
    assert all(told[each] == "waiting" for each in woken)


def test_a_lost_word_to_cancel_is_said_again() -> None:
    slots, _, cancel = answers(full("a"), wish("b", 1, "cancel_running"), wish("c", 1, "cancel_running"))
    assert cancel == ["b", "a"]
    assert answers(slots, wish("c", 1, "cancel_running"))[::2] == (slots, ["b", "a"])
    assert answers(slots, wish("b", 1, "cancel_running"))[::2] == (slots, ["b"])
    slots, woken = release(slots, ["a"])
    assert woken == ["c"]
    assert answers(slots, wish("b", 1, "cancel_running"))[::2] == (slots, ["b"]), "c came later than b"


def test_those_in_line_stay_when_a_newer_run_goes_before_them() -> None:
    slots, _, cancel = answers(full("a", waiting="b c"), wish("d", 1, "cancel_running"))
    assert cancel == ["a"]
    slots, woken = release(slots, cancel)
    assert (woken, [each.run_id for each in slots.waiting]) == (["d"], ["b", "c"])


def test_a_key_knows_so_many_runs_and_no_more() -> None:
    ids = [f"run_01KADJ3Q9FZ4V1XW8T{index:08}" for index in range(MOST_RUNS + 5)]
    slots, told, _ = answers(EMPTY, *(wish(each, 10_000, lane="high") for each in ids))
    assert list(told.values()).count("rejected") == 5
    assert str(MOST_RUNS) in admit(slots, [wish(ids[-1])]).admissions[ids[-1]].reason
    assert answers(slots, wish(ids[0]))[1] == {ids[0]: "granted"}, "who is known is known"


@pytest.mark.parametrize("limit", [1, 10_000])
def test_the_largest_document_stays_small(limit: int) -> None:
    ids = [f"run_01KADJ3Q9FZ4V1XW8T{index:08}" for index in range(MOST_RUNS)]
    slots, _, _ = answers(EMPTY, *(wish(each, limit, lane="high") for each in ids))
    document: Document = slots.model_dump(by_alias=True, exclude_defaults=True)
    assert len(encode(document)) < MEGABYTE
