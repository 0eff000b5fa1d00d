"""Which planners there are, and which of them sees to which partition.

Every planner works that out by itself, from the same beats and by the same rule. For a moment two may come to
different answers: a partition's queue has one active consumer, and every save is guarded by the run's
revision, so that this costs time at most."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from shared.ids import now_ms
from shared.messaging.topology import PARTITIONS
from shared.patience import heed_cancel
from shared.storage.executors import Planners
from shared.telemetry import logger

BEAT_S = 1.0
DEAD_AFTER_S = 3.5
FORGOTTEN_AFTER_S = 60.0


def ranked(partition: int, planners: Collection[str]) -> list[str]:
    """The planners in the order in which they are to see to a partition (rendezvous hashing: when one joins
    or leaves, no partition moves that it has nothing to do with)."""
    return sorted(planners, key=lambda each: sha256(f"{each}:{partition}".encode()).digest())


@dataclass
class _Seen:
    """A planner's beat, since when it has not changed on this process's own clock, and whether it ever has:
    what is found at the start may have been dead for long."""

    beat: int
    since: float
    alive: bool = False


class Membership:
    """Beats for one planner and watches the others."""

    def __init__(
        self, planner_id: str, planners: Planners, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._id = planner_id
        self._planners = planners
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._blind = False
        self._changed: list[Callable[[], None]] = []
        self._order: list[list[str]] = [[planner_id]] * PARTITIONS

    def on_change(self, do: Callable[[], None]) -> None:
        """Call this whenever planners have come or gone."""
        self._changed.append(do)

    def order(self, partition: int) -> Sequence[str]:
        """The planners that live, the one first that is to see to this partition."""
        return self._order[partition]

    def leads(self, partition: int) -> bool:
        """Whether it is this planner that is to see to this partition."""
        return self._order[partition][0] == self._id

    def led(self) -> int:
        """How many partitions it sees to."""
        return sum(map(self.leads, range(PARTITIONS)))

    async def run(self) -> None:
        """Beat and look until cancelled. While the store is away, nobody is thought to be dead."""
        boot, count = now_ms(), 0
        while True:
            began = self._clock()
            try:
                await self._planners.beat(self._id, boot, count)
                await self.look()
                count += 1
            except Exception as error:
                heed_cancel()
                logger.warning("planner.beat_failed", error=f"{type(error).__name__}: {error}"[:300])
                self._blind = True
            await asyncio.sleep(max(0.0, BEAT_S - (self._clock() - began)))

    async def leave(self) -> None:
        """Say that this planner is going; only when nothing beats any more. Never raises: without a store its
        lease runs out by itself."""
        try:
            await self._planners.leave(self._id)
        except Exception as error:
            logger.warning("planner.lease_kept", error=f"{type(error).__name__}: {error}"[:300])

    async def look(self) -> None:
        """See who has beaten, and who has not for too long."""
        beats, now = await self._planners.all(), self._clock()
        if self._blind:
            self._seen = {each: replace(seen, since=now) for each, seen in self._seen.items()}
            self._blind = False
        for each, beat in beats.items():
            seen = self._seen.get(each)
            if seen is None:
                self._seen[each] = _Seen(beat, now)
            elif seen.beat != beat:
                self._seen[each] = _Seen(beat, now, alive=True)
            elif now - seen.since > FORGOTTEN_AFTER_S:
                await self._planners.leave(each)
        self._seen = {each: seen for each, seen in self._seen.items() if each in beats}
        self._settle(
            {each for each, seen in self._seen.items() if seen.alive and now - seen.since <= DEAD_AFTER_S}
        )

    def _settle(self, alive: set[str]) -> None:
        planners = alive | {self._id}
        if planners == set(self._order[0]):
            return
        logger.info("planner.members", planners=sorted(planners))
        self._order = [ranked(partition, planners) for partition in range(PARTITIONS)]
        for do in self._changed:
            do()
