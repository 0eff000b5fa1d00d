"""Who lives, and who sees to which partition: as one planner makes it out by itself."""

from collections import Counter
from typing import Any

import pytest

from services.planner.membership import DEAD_AFTER_S, FORGOTTEN_AFTER_S, Membership, ranked
from shared.messaging.topology import PARTITIONS

NAMES = [f"planner_{n}" for n in range(6)]


class Beats:
    """What the store says, and the observer's own clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.beats: dict[str, int] = {}
        self.left: list[str] = []
        self.away = False

    async def beat(self, *_: object) -> None:
        if self.away:
            raise ConnectionError("the store is away")

    async def all(self) -> dict[str, int]:
        return dict(self.beats)

    async def leave(self, planner_id: str) -> None:
        self.left.append(planner_id)
        self.beats.pop(planner_id, None)


@pytest.fixture
def beats() -> Beats:
    return Beats()


@pytest.fixture
def member(beats: Beats) -> Membership:
    part: Any = beats
    return Membership("planner_0", part, clock=lambda: beats.now)


async def second(beats: Beats, member: Membership, *alive: str) -> None:
    """A second passes in which these planners beat."""
    beats.now += 1
    for each in alive:
        beats.beats[each] = beats.beats.get(each, 0) + 1
    await member.look()


def test_partitions_are_spread_over_all_planners() -> None:
    leading = Counter(ranked(partition, NAMES[:3])[0] for partition in range(1_000))
    assert set(leading) == set(NAMES[:3])
    assert min(leading.values()) > 250


@pytest.mark.parametrize("gone", NAMES)
def test_only_the_partitions_of_who_leaves_move_and_those_to_who_stood_by(gone: str) -> None:
    for partition in range(200):
        before = ranked(partition, NAMES)
        after = ranked(partition, [each for each in NAMES if each != gone])
        assert after == [each for each in before if each != gone]


async def test_alone_it_leads_everything(member: Membership) -> None:
    assert member.led() == PARTITIONS


async def test_one_that_is_found_counts_only_once_it_has_beaten(beats: Beats, member: Membership) -> None:
    beats.beats["planner_1"] = 7
    await second(beats, member)
    assert member.led() == PARTITIONS, "it may have been dead for long"
    await second(beats, member, "planner_1")
    assert [member.order(each) for each in range(PARTITIONS)] == [
        ranked(each, NAMES[:2]) for each in range(PARTITIONS)
    ]
    assert 0 < member.led() < PARTITIONS


async def test_one_that_beats_no_more_is_dead_after_a_while_and_forgotten_later(
    beats: Beats, member: Membership
) -> None:
    changes: list[int] = []
    member.on_change(lambda: changes.append(member.led()))
    for _ in range(2):
        await second(beats, member, "planner_1")
    while member.led() < PARTITIONS:
        await second(beats, member)
    assert beats.now - 2 == pytest.approx(DEAD_AFTER_S, abs=1)
    assert len(changes) == 2
    while not beats.left:
        await second(beats, member)
    assert beats.now - 2 == pytest.approx(FORGOTTEN_AFTER_S, abs=1)
    await second(beats, member, "planner_1")
    await second(beats, member, "planner_1")
    assert member.led() < PARTITIONS, "it was only frozen"


async def test_it_leaves_with_a_word_and_without_a_store_all_the_same(
    beats: Beats, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    await member.leave()
    assert beats.left == ["planner_0"]
    monkeypatch.setattr(beats, "leave", _refused)
    await member.leave()


async def _refused(*_: object) -> None:
    raise ConnectionError("the store is away")


async def test_nobody_is_dead_because_the_store_was_away(beats: Beats, member: Membership) -> None:
    for _ in range(2):
        await second(beats, member, "planner_1")
    shared = member.led()
    assert shared < PARTITIONS
    beats.away = True
    beating = member.run()
    beating.send(None)  # up to where it waits for the next second
    beating.close()
    beats.now += 30
    await member.look()
    assert member.led() == shared
