"""How old is what has been saved and not told?"""

import asyncio
from typing import Any

from services.planner.outbox import Outbox, Saved
from shared.contracts.run import Event
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.run_events import RunEvents
from tests.builders import graph, pinned, run


class Bus:
    """A broker that confirms when it likes."""

    def __init__(self) -> None:
        self.confirms = asyncio.Event()

    async def show(self, *_: Any, **__: Any) -> None:
        """Wait for the confirm."""
        await self.confirms.wait()


async def test_the_outbox_ages_until_everything_is_told(store: Store) -> None:
    bus: Any = Bus()
    nothing: Any = None
    outbox = Outbox(bus, RunEvents(store), nothing, nothing)
    assert outbox.age_s() == 0
    left = {"1": Event(type="run.started", at=now_ms() - 60_000), "2": Event(type="node.ready", at=now_ms())}
    saved = Saved(run(outbox=left, seq=2), pinned(graph("a")), [], [], "")
    flushing = asyncio.create_task(outbox.flush([saved], now_ms()))
    await asyncio.sleep(0)
    assert 60 <= outbox.age_s() < 600, "as old as the oldest event"
    bus.confirms.set()
    await flushing
    assert outbox.age_s() == 0
    assert [*await RunEvents(store).after("run_1", 0)] == [1, 2]
