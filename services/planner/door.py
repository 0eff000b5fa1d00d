"""Where runs that share a concurrency key come in and go out: who may start, is told, or cancelled."""

import asyncio
from collections.abc import Mapping, Sequence

from services.planner.decide import Admission
from services.planner.memory import Memory
from services.planner.slots import Slots, terms_of
from shared.contracts.events import RunControl, RunWoken
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph
from shared.messaging.broker import Bus
from shared.messaging.topology import planner_key
from shared.telemetry import logger

SUPERSEDED = "a newer run with the same concurrency key took its place"


class Door:
    """Slots, and the messages that follow from them. All of it may be repeated."""

    def __init__(self, bus: Bus, memory: Memory, slots: Slots) -> None:
        self._bus = bus
        self._memory = memory
        self._slots = slots

    async def admit(self, runs: Sequence[Run], graphs: Mapping[str, PinnedGraph]) -> dict[str, Admission]:
        """Whether each of these runs that is queued may start; nothing for those that nobody has to ask."""
        wanted = [
            (run, graph)
            for run in runs
            if run.status == "queued" and (graph := graphs.get(run.version)) and graph.settings.concurrency
        ]
        if not wanted:
            return {}
        admissions = await self._slots.admit(wanted)
        await asyncio.gather(*(self._cancel(run_id) for run_id in admissions.cancel))
        return admissions.of

    async def leave(self, finished: Sequence[Run]) -> None:
        """Give the slots of runs that have finished to those who wait for them, and wake these."""
        graphs = await self._memory.graphs({run.version for run in finished if run.level == "top"})
        held = [(run, graphs[run.version]) for run in finished if run.version in graphs]
        held = [(run, graph) for run, graph in held if terms_of(run, graph)]
        if held:
            await self._wake(await self._slots.release(held))

    async def leave_now(self, finished: Sequence[Run]) -> None:
        """The same as soon as they have finished. Never raises: `leave` is still to come."""
        try:
            await self.leave(finished)
        except Exception as error:
            logger.warning("slots.left_later", error=f"{type(error).__name__}: {error}"[:300])

    async def sweep(self) -> None:
        """Mend what crashes have left behind."""
        await self._wake(await self._slots.sweep())

    async def _wake(self, run_ids: Sequence[str]) -> None:
        await asyncio.gather(
            *(self._bus.publish(RunWoken(run_id=each), planner_key(RunWoken.event, each)) for each in run_ids)
        )

    async def _cancel(self, run_id: str) -> None:
        message = RunControl(run_id=run_id, action="cancel", reason=SUPERSEDED)
        await self._bus.publish(message, planner_key(RunControl.event, run_id))
