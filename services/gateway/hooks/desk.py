"""What the gateway keeps about webhooks: which trigger is at an address, and the events that came in."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from services.gateway.hooks.sealing import Sealing, address_of
from shared.batcher import Batcher
from shared.contracts.hook_event import HookEvent
from shared.contracts.trigger import Trigger
from shared.fresh import Fresh
from shared.recent import Recent
from shared.storage.hook_events import HookEvents
from shared.storage.mongo import Store
from shared.storage.triggers import Triggers
from shared.telemetry import logger

NOTED = 30
NOTED_WITHIN_S = 60.0
"""So many refused events of one webhook are noted a minute: who may not send anything is not to fill the
store."""
REMEMBERED = 500
MOST_BEGINNING = 100
"""So many runs may be under way to the store while their events have been acknowledged."""
COMPANY_S, AT_A_TIME = 0.25, 16
"""How long events whose runs are there wait for others, and how many are written down in one go: a write each
would be a quarter of all."""


class HookDesk:
    """The webhooks of all workspaces."""

    def __init__(self, secrets: list[str], store: Store) -> None:
        self.sealing = Sealing(secrets)
        self.events = HookEvents(store)
        self.responders: Recent[str, frozenset[str]] = Recent(REMEMBERED)
        self._at: Fresh[str, Trigger] = Fresh(Triggers(store).at)
        self._closed: Batcher[HookEvent, None] = Batcher(self._close, limit=AT_A_TIME)
        self._closing: set[asyncio.Task[None]] = set()
        self._noted: Recent[str, tuple[float, int]] = Recent(REMEMBERED)
        self._room = asyncio.Semaphore(MOST_BEGINNING)

    async def at(self, token: str) -> Trigger | None:
        """The trigger whose address has this token, as it lately was."""
        return await self._at.get(address_of(token))

    def changed(self, address: str) -> None:
        """The trigger at this address is another one now, or none."""
        self._at.changed(address)

    async def begin(self, event: HookEvent, launch: Callable[[], Awaitable[object]]) -> None:
        """Start the run of an event that is stored beside the request, once there is room. What fails here
        the planner does later."""
        await self._room.acquire()
        self._beside(self._launched(event, launch))

    def begun(self, event: HookEvent) -> None:
        """The run of an event is there. That is written down beside the request, many at once; until then the
        planner may look after it once more, which changes nothing."""
        self._beside(self._said(event))

    async def note(self, event: HookEvent) -> None:
        """Keep an event that was refused, unless there are too many."""
        since, many = self._noted.get(event.trigger_id) or (time.monotonic(), 0)
        if time.monotonic() - since > NOTED_WITHIN_S:
            since, many = time.monotonic(), 0
        self._noted.put(event.trigger_id, (since, many + 1))
        if many < NOTED:
            await self.events.insert(event)

    async def drain(self) -> None:
        """Wait until all is written down."""
        while self._closing:
            await asyncio.wait(self._closing)

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _launched(self, event: HookEvent, launch: Callable[[], Awaitable[object]]) -> None:
        try:
            await launch()
        except Exception as error:
            logger.warning("hook.begun_later", event_id=event.id, error=f"{type(error).__name__}"[:300])
            return
        finally:
            self._room.release()
        await self._said(event)

    async def _said(self, event: HookEvent) -> None:
        try:
            await self._closed.add(event)
        except Exception as error:
            logger.info("hook.closed_later", event_id=event.id, error=f"{type(error).__name__}"[:300])

    async def _close(self, events: list[HookEvent]) -> Sequence[None]:
        await self.events.close(events)
        if len(events) < AT_A_TIME:
            await asyncio.sleep(COMPANY_S)
        return [None] * len(events)
