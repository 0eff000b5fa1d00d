"""The one door through which everything that waits or was lost comes back: due runs are woken, dead executors
found."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from services.planner.lost import lost
from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished, RunWoken
from shared.ids import now_ms
from shared.messaging.broker import Bus
from shared.messaging.topology import partition_of, planner_key
from shared.patience import heed_cancel
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from shared.telemetry import logger

TICK_S = 0.5
CHORES_S = 1.0
DUE_LIMIT = 500
QUEUED_LIMIT = 50
"""Those that have not begun mostly wait for executors: to wake all at once would hold up who works."""
WAKE_AGAIN_S = 5.0
LATE_MS = 15_000
LOOK_S = 5.0
DEAD_AFTER_S = 20.0


@dataclass
class Chore:
    """Something to be done every so many seconds, or somewhat later; `next_at` is on the monotonic clock."""

    do: Callable[[], Awaitable[object]]
    every_s: float
    next_at: float = 0.0


class Clock:
    """Ticks in each planner; that several do is harmless. Each wakes the runs of the partitions it `leads`,
    and those that nobody else has woken for long."""

    def __init__(
        self,
        bus: Bus,
        runs: Runs,
        node_runs: NodeRuns,
        executors: Executors,
        chores: Sequence[Chore],
        leads: Callable[[int], bool],
    ) -> None:
        self._bus = bus
        self._runs = runs
        self._node_runs = node_runs
        self._executors = executors
        self._leads = leads
        self._chores = [*chores, Chore(self._look_for_the_dead, LOOK_S)]
        self._woken: dict[tuple[str, int], float] = {}
        self._beats: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Tick until cancelled. Chores take their time; what is due is woken without waiting for them."""
        await asyncio.gather(self._keep_waking(), self._keep_house())

    async def _keep_waking(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await _tried(self._wake)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(CHORES_S)
            for chore in self._chores:
                if time.monotonic() >= chore.next_at:
                    await _tried(chore.do)
                    chore.next_at = time.monotonic() + chore.every_s

    async def _wake(self) -> None:
        """Wake all that are due, and some of those that have not begun. The store answers in no order: those
        woken before, and not carried yet, must leave room for others."""
        now = time.monotonic()
        self._woken = {each: at for each, at in self._woken.items() if now - at < WAKE_AGAIN_S}
        await self._wake_due(now, QUEUED_LIMIT, queued=True)
        while await self._wake_due(now, DUE_LIMIT, queued=False) >= DUE_LIMIT:
            pass

    async def _wake_due(self, now: float, limit: int, *, queued: bool) -> int:
        """How many were woken, at most `limit`."""
        found = await self._runs.due(now_ms(), len(self._woken) + limit, queued=queued)
        due = [each for each in found if each not in self._woken and self._sees_to(*each)][:limit]
        await asyncio.gather(
            *(
                self._bus.publish(RunWoken(run_id=run_id), planner_key(RunWoken.event, run_id))
                for run_id, _ in due
            )
        )
        self._woken.update(dict.fromkeys(due, now))
        return len(due)

    def _sees_to(self, run_id: str, wake_at: Millis) -> bool:
        return self._leads(partition_of(run_id)) or now_ms() - wake_at > LATE_MS

    async def _look_for_the_dead(self) -> None:
        """A beat that has not changed for 20 s of this process's own clock is a death; what it held is
        lost."""
        now = time.monotonic()
        beats = await self._executors.all()
        for executor, beat in beats.items():
            known = self._beats.get(executor)
            if known is None or known[0] != beat:
                self._beats[executor] = (beat, now)
            elif now - known[1] > DEAD_AFTER_S:
                await self._bury(executor)
        self._beats = {executor: seen for executor, seen in self._beats.items() if executor in beats}

    async def _bury(self, executor: str) -> None:
        claims = await self._node_runs.open_claims(executor, DUE_LIMIT)
        logger.warning("executor.lost", executor=executor, claims=len(claims))
        messages = [lost(claim, now_ms()) for claim in claims]
        await asyncio.gather(
            *(self._bus.publish(each, planner_key(NodeFinished.event, each.run_id)) for each in messages)
        )
        if len(claims) < DUE_LIMIT:
            await self._executors.leave(executor)


async def _tried(do: Callable[[], Awaitable[object]]) -> None:
    """Do it; trouble with store or broker is logged and the next tick tries again."""
    try:
        await do()
    except Exception as error:
        heed_cancel()
        logger.warning("clock.tick_failed", error=f"{type(error).__name__}: {error}"[:300])
