"""Waiting and following: woken by hints, bounded, and gone when nobody listens."""

import asyncio

import pytest

from services.gateway.watch import BUFFER, RunHints, Watchers
from shared.contracts.events import Change, RunChanged


def change(run_id: str, status: str = "running") -> RunChanged:
    """A hint."""
    return RunChanged(
        changes=[
            Change.model_validate({"run_id": run_id, "workspace_id": "w", "status": status, "events": {}})
        ]
    )


def hint(run_id: str, status: str) -> RunHints:
    """The same, as the gateway reads it at first."""
    return RunHints.model_validate_json(change(run_id, status).model_dump_json())


async def test_a_waiter_is_woken_by_the_end_of_its_run_only() -> None:
    watchers = Watchers()
    with watchers.end_of("r1") as end, watchers.end_of("r1") as other:
        watchers.hinted(hint("r2", "succeeded"))
        watchers.hinted(hint("r1", "running"))
        assert not end.done()
        watchers.hinted(hint("r1", "failed"))
        watchers.hinted(hint("r1", "failed"))
        assert end.done()
        assert other.done()
    assert len(watchers) == 0


async def test_a_follower_gets_all_in_order_then_silence() -> None:
    watchers = Watchers()
    with watchers.follow("r1") as follower:
        assert watchers.hinted(hint("r1", "running"))
        assert not watchers.hinted(hint("r2", "running"))
        for _ in range(3):
            watchers.changed(change("r1"))
        assert len(await follower.take(1)) == 3
        assert await follower.take(0.001) == []
    assert len(watchers) == 0


async def test_a_full_buffer_is_emptied_and_says_so() -> None:
    watchers = Watchers()
    with watchers.follow("r1") as follower:
        for _ in range(BUFFER + 5):
            watchers.changed(change("r1"))
        assert follower.behind
        assert len(await follower.take(1)) <= BUFFER


async def test_closing_lets_everybody_go() -> None:
    watchers = Watchers()
    with watchers.follow("r1") as follower, watchers.end_of("r1") as end:
        taking = asyncio.create_task(follower.take(60))
        await asyncio.sleep(0)
        await watchers.close()
        assert await taking == []
        assert follower.closed
        with pytest.raises(asyncio.CancelledError):
            await end
