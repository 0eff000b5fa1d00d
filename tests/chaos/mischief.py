"""Does what was planned."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.bus import Bus, executor_queues, planner_queues
from tests.chaos.keeper import Keeper
from tests.chaos.load import Load
from tests.chaos.plan import Deed, Size

PAST_THE_LEASE_S = 32
AHEAD_S = 3600
SETTLED_S = 2


@dataclass
class Mischief:
    """`done` counts what was done, by word; `log` says when, in seconds from the start."""

    keeper: Keeper
    bus: Bus
    load: Load
    size: Size
    done: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list[str])
    behind: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def perform(self, deeds: Sequence[Deed]) -> None:
        """All of them, each at its time; returns when the last is over."""
        async with asyncio.TaskGroup() as group:
            for deed in deeds:
                group.create_task(self._do(deed))

    async def _do(self, deed: Deed) -> None:
        await asyncio.sleep(max(0, self.load.began + deed.at_s - time.monotonic()))
        match deed.what:
            case "kill":
                await self._kill(deed.whom)
            case "restart":
                await self._restart(deed.whom)
            case "stop":
                await self._stop(deed.whom)
            case "jump":
                await self._jump(deed.whom)
            case "purge":
                await self._purge(deed.whom)
            case "flood":
                await self._flood()

    def _note(self, what: str, whom: str) -> None:
        self.done[f"{what} {whom.partition('-')[0]}"] += 1
        self.log.append(f"{time.monotonic() - self.load.began:7.2f} {what} {whom}")

    async def _kill(self, kind: str) -> None:
        name = await self.keeper.one(kind)
        self._note("kill", name)
        self.keeper.kill(name)

    async def _restart(self, name: str) -> None:
        """Broker and store one after the other, and only once the broker's register has reached the disk."""
        async with self.behind:
            self._note("restart", name)
            await self.keeper.kill(name)
            await asyncio.sleep(SETTLED_S)

    async def _stop(self, kind: str) -> None:
        name = await self.keeper.one(kind)
        self._note("stop", name)
        self.keeper.stopped.add(name)
        self.keeper.send(name, signal.SIGSTOP)
        try:
            await asyncio.sleep(PAST_THE_LEASE_S)
        finally:
            self.keeper.send(name, signal.SIGCONT)
            self.keeper.stopped.discard(name)

    async def _jump(self, kind: str) -> None:
        name = await self.keeper.one(kind)
        self._note("jump", name)
        self.keeper.set_clock(name, AHEAD_S)

    async def _purge(self, what: str) -> None:
        self._note("purge", what)
        if what == "planner":
            await self.bus.purge(planner_queues())
            self.load.lossy.append(time.monotonic())
        else:
            await self.bus.purge(executor_queues())

    async def _flood(self) -> None:
        self._note("flood", "all")
        await self.bus.poison([*planner_queues(), *executor_queues()], self.size.huge)
