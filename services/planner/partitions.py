"""Which partitions this planner consumes: those it leads, and those it stands by for.

A queue has one active consumer, the one that came first; when its connection is gone, the next takes over in
the same instant. So the second in a partition's order is subscribed, too, but steps back behind the first:
when that is another than before, and when it is given something nevertheless."""

import asyncio
from collections.abc import Callable

from services.planner.membership import Membership
from shared.messaging.broker import Bus
from shared.messaging.topology import PARTITIONS, planner_queue
from shared.telemetry import logger

STAND_BY = 2
"""So many planners are subscribed to a partition."""
STEP_BACK_S = 2.0
"""The first has come by then, or does not come."""
PATIENCE_S = 10.0
DRAIN_S = 10.0


class Partitions:
    """Keeps the subscriptions in order. `gained` is told of each partition that this planner has come to
    lead, `left` of each that it gives away."""

    def __init__(
        self,
        planner_id: str,
        bus: Bus,
        membership: Membership,
        *,
        gained: Callable[[int], None],
        left: Callable[[int], None],
    ) -> None:
        self._id = planner_id
        self._bus = bus
        self._membership = membership
        self._gained = gained
        self._left = left
        self._look = asyncio.Event()
        self._look.set()
        self._firsts = dict[int, str]()
        self._intruding: set[int] = set()
        self._stepped_back: dict[int, float] = {}
        membership.on_change(self._look.set)

    def given(self, partition: int) -> None:
        """Something of this partition has come in here."""
        if self._membership.leads(partition) or partition in self._intruding:
            return
        now = asyncio.get_running_loop().time()
        if now - self._stepped_back.get(partition, now - PATIENCE_S) >= PATIENCE_S:
            self._intruding.add(partition)
            self._look.set()

    async def run(self) -> None:
        """Go on until cancelled, once the bus has been started."""
        while True:
            await self._look.wait()
            self._look.clear()
            try:
                await asyncio.gather(*(self._settle(each) for each in range(PARTITIONS)))
            except Exception as error:
                logger.warning("planner.unsettled", error=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(STEP_BACK_S)
                self._look.set()

    async def _settle(self, partition: int) -> None:
        consumer = self._bus.consumer(planner_queue(partition))
        order = self._membership.order(partition)
        first, before = order[0], self._firsts.get(partition)
        if first == self._id or (self._id in order[:STAND_BY] and not consumer.consuming):
            await consumer.start()
        elif self._id not in order[:STAND_BY]:
            await self._leave(partition)
        elif first != before or partition in self._intruding:
            await self._leave(partition)
            await asyncio.sleep(STEP_BACK_S)
            await consumer.start()
        if first == self._id != before:
            self._gained(partition)
        self._firsts[partition] = first
        self._intruding.discard(partition)

    async def _leave(self, partition: int) -> None:
        consumer = self._bus.consumer(planner_queue(partition))
        if consumer.consuming:
            self._stepped_back[partition] = asyncio.get_running_loop().time()
            await consumer.cancel()
            await consumer.drain(DRAIN_S)
            self._left(partition)
