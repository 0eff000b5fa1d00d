"""Events that have been acknowledged: their runs are started beside the request. What fails is left open for
the planner."""

import asyncio

import pytest

from services.gateway.hooks import desk
from services.gateway.hooks.desk import HookDesk
from shared.contracts.hook_event import OPEN, HookEvent
from shared.storage.hook_events import HookEvents
from shared.storage.mongo import Store


def event(number: int) -> HookEvent:
    """An event that is stored, whose run is not there yet."""
    return HookEvent(
        id=f"evt_{number}", order=f"{number}", trigger_id="trg_1", workspace_id="default", workflow_id="wf_1",
        received_at=1, method="POST", outcome="accepted", run_id=f"run_{number}", open=OPEN,
    )  # fmt: skip


async def still_open(store: Store) -> set[str]:
    return {each.id for each in await HookEvents(store).open_before(2, 100)}


async def test_an_event_stays_open_until_its_run_is_there(store: Store) -> None:
    hooks, there = HookDesk(["s" * 32], store), asyncio.Event()

    async def fails() -> None:
        raise ConnectionError("the store is away")

    for number in (1, 2):
        await hooks.events.insert(event(number))
    await hooks.begin(event(1), there.wait)
    await hooks.begin(event(2), fails)
    assert await still_open(store) == {"evt_1", "evt_2"}
    there.set()
    await hooks.drain()
    assert await still_open(store) == {"evt_2"}


async def test_no_more_are_acknowledged_than_can_be_started(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_BEGINNING", 2)
    hooks, there = HookDesk(["s" * 32], store), asyncio.Event()
    for number in (1, 2):
        await hooks.begin(event(number), there.wait)
    third = asyncio.create_task(hooks.begin(event(3), there.wait))
    done, _ = await asyncio.wait([third], timeout=0.1)
    assert not done
    there.set()
    await third
    await hooks.drain()
