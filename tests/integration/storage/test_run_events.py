"""`run_events`: every event is recorded once, whatever is told twice, and read back in order."""

import pytest

from shared.contracts.run import Event
from shared.storage.mongo import Store
from shared.storage.run_events import RunEvents
from tests.builders import NOW, failed


@pytest.fixture
def run_events(store: Store) -> RunEvents:
    return RunEvents(store)


def events(*seqs: int, kind: str = "node.ready") -> dict[str, Event]:
    return {str(seq): Event(type=kind, at=NOW + seq, node="a", attempt=seq) for seq in seqs}


async def test_events_come_back_in_order(run_events: RunEvents) -> None:
    await run_events.insert([("r", events(9, 10, 11))])
    await run_events.insert([("r", events(1, 2)), ("other", events(1)), ("r", events(3))])
    await run_events.insert([("r", {}), ("r", events(*range(4, 9)))])
    assert list(await run_events.after("r", 0)) == list(range(1, 12))
    assert list(await run_events.after("r", 8)) == [9, 10, 11]
    assert await run_events.after("r", 11) == {}
    assert await run_events.after("nobody", 0) == {}


async def test_an_event_comes_back_as_it_went(run_events: RunEvents) -> None:
    failure = failed("a", retry_after_s=2.5).failure
    told = Event(type="node.failed", at=NOW, node="a", attempt=2, port="failure", failure=failure)
    await run_events.insert([("r", {"7": told})])
    assert await run_events.after("r", 0) == {7: told}


async def test_what_is_recorded_stays(run_events: RunEvents) -> None:
    await run_events.insert([("r", events(1, 2))])
    await run_events.insert([("r", events(1, 2, kind="another"))])
    assert {each.type for each in (await run_events.after("r", 0)).values()} == {"node.ready"}


async def test_what_a_planner_adds_to_what_was_recorded_is_not_lost(run_events: RunEvents) -> None:
    """It found 1 and 2 in the outbox of a planner that crashed after recording them."""
    await run_events.insert([("r", events(1, 2)), ("s", events(5))])
    await run_events.insert([("r", events(1, 2, 3, 4)), ("s", events(5, 6)), ("t", events(1))])
    await run_events.insert([("r", events(1, 2, 3, 4, 5))])
    assert list(await run_events.after("r", 0)) == [1, 2, 3, 4, 5]
    assert list(await run_events.after("s", 0)) == [5, 6]
    assert list(await run_events.after("t", 0)) == [1]


async def test_runs_told_twice_in_one_go_lose_nothing(run_events: RunEvents) -> None:
    await run_events.insert([("r", events(1)), ("r", events(1, 2))])
    assert list(await run_events.after("r", 0)) == [1, 2]


async def test_the_order_holds_beyond_ten_events(run_events: RunEvents) -> None:
    for seq in (100, 20, 3, 1_000_000):
        await run_events.insert([("r", events(seq))])
    assert list(await run_events.after("r", 3)) == [20, 100, 1_000_000]
