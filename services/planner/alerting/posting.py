"""Hands what is to be sent to the connectors, as often as it takes: they set the time of the next attempt."""

import time
from collections.abc import Callable

from shared.contracts.events import DeliveryDue
from shared.ids import now_ms
from shared.messaging.broker import Bus
from shared.messaging.topology import partition_of
from shared.storage.deliveries import Deliveries
from shared.storage.mongo import Store

AT_ONCE = 200
AGAIN_S = 30.0
LATE_MS = 15_000


class Posting:
    """Publishes what is due, of the partitions that this planner `leads` and what nobody else has published
    for long. One that is published twice is sent once: whoever sends it claims it first."""

    def __init__(self, store: Store, bus: Bus, leads: Callable[[int], bool]) -> None:
        self._deliveries = Deliveries(store)
        self._bus = bus
        self._leads = leads
        self._posted: dict[tuple[str, int], float] = {}

    async def post(self) -> None:
        """To be called every second."""
        now = time.monotonic()
        self._posted = {each: at for each, at in self._posted.items() if now - at < AGAIN_S}
        for each in await self._deliveries.due(now_ms(), len(self._posted) + AT_ONCE):
            mark, late = (each.id, each.rev), now_ms() - (each.next_at or 0) > LATE_MS
            if mark in self._posted or not (late or self._leads(partition_of(each.id))):
                continue
            await self._bus.publish(DeliveryDue(delivery_id=each.id, rev=each.rev), DeliveryDue.event)
            self._posted[mark] = now
