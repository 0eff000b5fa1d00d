"""The one door through which everything that waits or was lost comes back: due runs are woken, dead executors
found."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from services.planner.lost import lost
from shared.contracts.events import NodeFinished, RunWoken
from shared.ids import now_ms
from shared.messaging.broker import Bus
from shared.messaging.topology import planner_key
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from shared.telemetry import logger

TICK_S = 1.0
DUE_LIMIT = 500
WAKE_AGAIN_S = 5.0
LOOK_S = 5.0
SWEEP_S = 10.0
DEAD_AFTER_S = 20.0


class Clock:
    """Ticks every second in each planner; that several do is harmless."""

    def __init__(
        self,
        bus: Bus,
        runs: Runs,
        node_runs: NodeRuns,
        executors: Executors,
        tidy: Callable[[], Awaitable[None]],
        sweep: Callable[[], Awaitable[None]],
    ) -> None:
        self._bus = bus
        self._runs = runs
        self._node_runs = node_runs
        self._executors = executors
        self._tidy = tidy
        self._sweep = sweep
        self._swept = 0.0
        self._woken: dict[tuple[str, int], float] = {}
        self._beats: dict[str, tuple[int, float]] = {}
        self._looked = 0.0

    async def run(self) -> None:
        """Tick until cancelled; trouble with store or broker is logged and the next tick tries again."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self._tidy()
                await self._wake()
                await self._look_for_the_dead()
                await self._sweep_now_and_then()
            except Exception as error:
                logger.warning("clock.tick_failed", error=f"{type(error).__name__}: {error}"[:300])

    async def _sweep_now_and_then(self) -> None:
        if time.monotonic() - self._swept >= SWEEP_S:
            self._swept = time.monotonic()
            await self._sweep()

    async def _wake(self) -> None:
        now = time.monotonic()
        self._woken = {each: at for each, at in self._woken.items() if now - at < WAKE_AGAIN_S}
        due = [each for each in await self._runs.due(now_ms(), DUE_LIMIT) if each not in self._woken]
        woken = [RunWoken(run_id=run_id) for run_id, _ in due]
        await asyncio.gather(
            *(self._bus.publish(each, planner_key(RunWoken.event, each.run_id)) for each in woken)
        )
        self._woken.update(dict.fromkeys(due, now))

    async def _look_for_the_dead(self) -> None:
        """A beat that has not changed for 20 s of this process's own clock is a death; what it held is
        lost."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
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
