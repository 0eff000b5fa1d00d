"""Around the node types: claim, acknowledge, run, store, tell. And what if somebody was there first?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shared import execute
from shared.contracts.events import NodesCancelled
from shared.contracts.node_run import NodeRun
from shared.execute import Executor
from tests.unit.shared.doubles import Arrived, Held, Ledger, executor, ready


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def work(ledger: Ledger, held: Held) -> AsyncIterator[Executor]:
    """An executor that has its lease."""
    made = executor(ledger, held)
    beating = asyncio.create_task(made.beat())
    yield made
    beating.cancel()
    held.release.set()
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            await made.drain()


def arrived(ledger: Ledger, *args: Any, **more: Any) -> Any:
    return Arrived(ready(*args, **more), ledger)


async def test_without_side_effects_the_delivery_is_held_until_the_answer_is_out(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    handling = asyncio.create_task(work.on_ready(arrived(ledger, side_effects="none")))
    await held.begun.get()
    held.release.set()
    await handling
    assert ledger.notes == ["node.finished"]
    assert ledger.answers[0].stored is False


async def test_with_side_effects_it_is_claimed_then_acknowledged_then_stored_then_told(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    await work.on_ready(arrived(ledger))
    await held.begun.get()
    assert ledger.notes == ["claimed run_1:a:1", "acknowledged"]
    held.release.set()
    await work.drain()
    assert ledger.notes[2:] == ["stored run_1:a:1", "node.finished"]
    assert ledger.answers[0].stored is True


async def test_a_second_delivery_runs_nothing_and_repeats_the_answer_when_there_is_one(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    await work.on_ready(arrived(ledger))
    await held.begun.get()
    await work.on_ready(arrived(ledger))
    assert ledger.answers == []
    held.release.set()
    await work.drain()
    await work.on_ready(arrived(ledger))
    assert held.begun.empty()
    assert ledger.answers[0] == ledger.answers[1]


async def test_a_connection_lost_while_it_is_claimed_does_not_leave_it_undone(
    work: Executor, ledger: Ledger, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handler is cancelled while its claim is being stored, and the message comes again."""
    stored, answer = ledger.insert, asyncio.Event()

    async def slowly(node_runs: Sequence[NodeRun]) -> set[str]:
        there = await stored(node_runs)
        await answer.wait()
        return there

    monkeypatch.setattr(ledger, "insert", slowly)
    handling = asyncio.create_task(work.on_ready(arrived(ledger)))
    await ledger.noted("claimed run_1:a:1")
    handling.cancel()
    await asyncio.wait([handling])
    again = asyncio.create_task(work.on_ready(arrived(ledger)))
    answer.set()
    held.release.set()
    await again
    await work.drain()
    assert [each.head for each in ledger.answers][:1] == ["a"]
    assert held.begun.qsize() == 1, "and it is done once"


async def test_what_nobody_wants_any_more_is_stopped_and_its_claim_closed(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    await work.on_ready(arrived(ledger, "a"))
    await work.on_ready(arrived(ledger, "ab"))
    await held.begun.get()
    cancelled: Any = Arrived(NodesCancelled(run_id="run_1", nodes={"a": 1, "elsewhere": 1}), ledger)
    await work.on_cancelled(cancelled)
    held.release.set()
    await work.drain()
    assert [each.head for each in ledger.answers] == ["ab"]
    closed = ledger.node_runs["run_1:a:1"]
    assert (closed.open, closed.results) == (False, [])


async def test_what_is_cancelled_while_it_is_queued_never_runs_but_its_next_attempt_does(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    cancelled: Any = Arrived(NodesCancelled(run_id="run_1", nodes={"a": 1}), ledger)
    await work.on_cancelled(cancelled)
    held.release.set()
    await work.on_ready(arrived(ledger, "a", attempt=1))
    assert ledger.node_runs == {}
    await work.on_ready(arrived(ledger, "a", attempt=2))
    await work.drain()
    assert [each.attempt for each in ledger.answers] == [2]


async def test_a_cancel_that_comes_late_does_not_stop_the_next_attempt(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    await work.on_ready(arrived(ledger, "a", attempt=2))
    await held.begun.get()
    cancelled: Any = Arrived(NodesCancelled(run_id="run_1", nodes={"a": 1}), ledger)
    await work.on_cancelled(cancelled)
    held.release.set()
    await work.drain()
    assert [each.attempt for each in ledger.answers] == [2]


async def test_the_next_attempt_is_kept_track_of_while_the_last_is_still_being_told(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    """The planner may have sent it before the broker has confirmed the answer."""
    ledger.confirming = asyncio.Event()
    held.release.set()
    await work.on_ready(arrived(ledger, attempt=1))
    await ledger.noted("node.finished")
    held.release.clear()
    await work.on_ready(arrived(ledger, attempt=2))
    while (await held.begun.get()) != "a:2":
        pass
    ledger.confirming.set()
    for _ in range(10):
        await asyncio.sleep(0)  # the first is done with now
    cancelled: Any = Arrived(NodesCancelled(run_id="run_1", nodes={"a": 2}), ledger)
    await work.on_cancelled(cancelled)
    await work.drain()
    assert ledger.node_runs["run_1:a:2"].open is False
    assert [each.attempt for each in ledger.answers] == [1]


async def test_a_result_waits_for_a_store_that_is_away(work: Executor, ledger: Ledger, held: Held) -> None:
    ledger.store_fails = 1
    held.release.set()
    await work.on_ready(arrived(ledger))
    await work.drain()
    assert ledger.node_runs["run_1:a:1"].results
    assert len(ledger.answers) == held.begun.qsize() == 1


async def test_a_second_delivery_waits_for_a_store_that_is_away(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    held.release.set()
    await work.on_ready(arrived(ledger))
    await work.drain()
    ledger.load_that_fails = ledger.loads + 2  # after the one that tells whose claim it is
    await work.on_ready(arrived(ledger))
    assert ledger.answers[0] == ledger.answers[1]


async def test_a_claim_that_was_given_up_for_dead_meanwhile_is_not_answered(
    work: Executor, ledger: Ledger, held: Held
) -> None:
    await work.on_ready(arrived(ledger))
    await held.begun.get()
    taken: NodeRun = ledger.node_runs["run_1:a:1"].model_copy(update={"open": False})
    ledger.node_runs["run_1:a:1"] = taken
    held.release.set()
    await work.drain()
    assert ledger.answers == []
    assert ledger.node_runs["run_1:a:1"] == taken


async def test_no_more_claimed_nodes_run_at_once_than_there_are_slots(ledger: Ledger, held: Held) -> None:
    work = executor(ledger, held, slots=2)
    beating = asyncio.create_task(work.beat())
    handling = [asyncio.create_task(work.on_ready(arrived(ledger, f"n{i}"))) for i in range(3)]
    for _ in range(2):
        await held.begun.get()
    await asyncio.wait(handling, return_when=asyncio.FIRST_COMPLETED)
    assert "claimed run_1:n2:1" not in ledger.notes, "it may go to another executor"
    held.release.set()
    await asyncio.gather(*handling)
    await work.drain()
    assert len(ledger.answers) == 3
    beating.cancel()


async def test_the_high_lane_has_slots_of_its_own(ledger: Ledger, held: Held) -> None:
    work = executor(ledger, held, slots=1)
    beating = asyncio.create_task(work.beat())
    queued = [asyncio.create_task(work.on_ready(arrived(ledger, f"n{i}"))) for i in range(3)]
    await held.begun.get()
    await work.on_ready(arrived(ledger, "urgent", lane="high"))
    assert await held.begun.get() == "urgent:1"
    held.release.set()
    await asyncio.gather(*queued)
    await work.drain()
    assert len(ledger.answers) == 4
    beating.cancel()


async def test_a_node_that_takes_a_while_is_said_to_have_started(
    work: Executor, ledger: Ledger, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "STARTED_AFTER_S", 0)
    await work.on_ready(arrived(ledger))
    await ledger.noted("node.started")
    held.release.set()
    await work.drain()
    assert ledger.notes[-1] == "node.finished", "the answer comes after it"


async def test_nothing_is_claimed_before_there_is_a_lease(ledger: Ledger, held: Held) -> None:
    work = executor(ledger, held)
    handling = asyncio.create_task(work.on_ready(arrived(ledger)))
    await asyncio.wait([handling], timeout=0.05)
    assert ledger.notes == []
    beating = asyncio.create_task(work.beat())
    await handling
    assert ledger.notes[0] == "claimed run_1:a:1"
    beating.cancel()
    held.release.set()
    await work.drain()


async def test_an_executor_stops_in_order_though_the_store_is_away(
    work: Executor, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out by itself."""

    async def away(executor_id: str) -> None:
        raise AutoReconnect("the store is away")

    monkeypatch.setattr(ledger, "leave", away)
    await work.leave()
