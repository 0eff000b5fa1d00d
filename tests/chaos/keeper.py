"""Keeps the processes of a system: kills them, sees that they come up again, and how soon."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import aio_pika

from services.local.process import Process
from services.local.system import ROOT, System, readiness
from tests.chaos.caller import ChaosError

CLOCK = Path(__file__).parent / "clock"
RESTART_S = 0.2
LOOK_EVERY_S = 0.2
UP_WITHIN_S = 90
KINDS = ("planner", "runner", "connectors", "gateway")


async def until(holds: Callable[[], Awaitable[object]], what: str, within_s: float = UP_WITHIN_S) -> float:
    """The seconds until `holds`; raises ChaosError saying what was waited for."""
    began = time.monotonic()
    while not await holds():
        if time.monotonic() - began > within_s:
            raise ChaosError(f"waited {within_s:.0f} s for {what}")
        await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


@dataclass
class Keeper:
    """Restarts what ends. `took` holds, for each kind of process, the seconds from its death until it was
    ready again."""

    system: System
    random: Random
    stopped: set[str] = field(default_factory=set[str])
    took: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    waiting: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])
    kills: Counter[str] = field(default_factory=Counter)
    held: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    def __post_init__(self) -> None:
        for name, process in self.system.processes.items():
            self.held[name] = asyncio.Event()
            self.held[name].set()
            if name.startswith((*KINDS, "assistant")):
                clock = {"PYTHONPATH": f"{CLOCK}:{ROOT}", "WEFT_CHAOS_CLOCK": str(self._clock(name))}
                process.child = replace(process.child, env={**process.child.env, **clock})

    async def run(self) -> None:
        """Restart children that end, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, process in self.system.processes.items():
                group.create_task(self._keep(name, process))

    def names(self, kind: str) -> list[str]:
        """All processes of a kind: `planner`, `planner-2`."""
        return [name for name in self.system.processes if name.startswith(kind)]

    async def one(self, kind: str) -> str:
        """One of them that is running, by chance."""

        async def running() -> list[str]:
            return [
                name
                for name in self.names(kind)
                if name not in self.stopped and self.system.processes[name].exit_code is None
            ]

        await until(running, f"a {kind} that runs")
        return self.random.choice(await running())

    def kill(self, name: str) -> "asyncio.Task[None]":
        """Kill it with -9; the task notes how long it takes to be ready again."""
        process = self.system.processes[name]
        self._clock(name).unlink(missing_ok=True)
        self.send(name, signal.SIGKILL)
        self.kills[name] += 1
        task = asyncio.create_task(self._note(name, process.pid, self.kills[name]))
        self.waiting.add(task)
        task.add_done_callback(self.waiting.discard)
        return task

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process that runs."""
        process = self.system.processes[name]
        if process.exit_code is None:
            os.kill(process.pid, number)

    def set_clock(self, name: str, offset_s: int) -> None:
        """Put its wall clock ahead, until it is killed."""
        self._clock(name).parent.mkdir(exist_ok=True)
        self._clock(name).write_text(str(offset_s))

    def set_clocks_right(self) -> None:
        """No clock is wrong any more."""
        for name in self.system.processes:
            self._clock(name).unlink(missing_ok=True)

    async def all_up(self, within_s: float = UP_WITHIN_S) -> float:
        """The seconds until everything runs and is ready."""

        async def up() -> bool:
            return all([await self.is_up(name) for name in self.system.processes])

        return await until(up, "all processes to be ready", within_s)

    async def is_up(self, name: str) -> bool:
        """Whether it runs, and serves."""
        process = self.system.processes[name]
        if process.exit_code is not None or name in self.stopped:
            return False
        if name == "broker":
            return await self._greets()
        url = self.system.about.ready_urls.get(name)
        return not (url and await asyncio.to_thread(readiness, url))

    async def _greets(self) -> bool:
        try:
            async with asyncio.timeout(3), await aio_pika.connect(self.system.about.amqp_url):
                return True
        except (OSError, TimeoutError, aio_pika.exceptions.AMQPError):
            return False

    async def _keep(self, name: str, process: Process) -> None:
        while True:
            await process.wait()
            await asyncio.sleep(RESTART_S)
            await self.held[name].wait()
            await process.restart()
            self.system.publish()

    async def _note(self, name: str, before: int, kill: int) -> None:
        """A process that is killed again before it is ready is noted then."""
        began, process = time.monotonic(), self.system.processes[name]

        async def back() -> bool:
            return self.kills[name] > kill or (process.pid != before and await self.is_up(name))

        await until(back, f"{name} to come back")
        if self.kills[name] == kill:
            self.took.setdefault(name.partition("-")[0], []).append(time.monotonic() - began)

    def _clock(self, name: str) -> Path:
        return self.system.home / "clock" / name
