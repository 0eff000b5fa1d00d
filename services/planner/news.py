"""What is merely shown: `run.changed` to whoever watches, `run.finished` and `node.cancelled` to whoever
cares.

Changes wait a moment for those that follow, so that a short run is told of once; its end is told at once."""

import asyncio
from collections.abc import Sequence

from services.planner.saved import Saved
from shared.contracts.base import Millis
from shared.contracts.events import Change, NodesCancelled, RunChanged, RunFinished
from shared.contracts.run import RUN_FINISHED, Run
from shared.messaging.broker import Bus
from shared.telemetry import logger

WAIT_S = 0.02


class News:
    """Nothing here is relied upon: what is lost with this process is found in the store."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._pending: dict[str, Change] = {}
        self._later: asyncio.Task[None] | None = None

    async def tell(self, saves: Sequence[Saved], now: Millis) -> None:
        """Tell of these saves, now if a run has ended with one of them. Never raises."""
        for saved in saves:
            self._add(saved)
        try:
            if any(saved.run.status in RUN_FINISHED for saved in saves):
                await self._publish()
            elif saves and self._later is None:
                self._later = asyncio.create_task(self._publish_later())
            for saved in saves:
                await self._tell_others(saved, now)
        except Exception as error:
            _log_lost(error)

    def _add(self, saved: Saved) -> None:
        run = saved.run
        before = self._pending.get(run.id)
        self._pending[run.id] = Change(
            run_id=run.id,
            workspace_id=run.workspace_id,
            status=run.status,
            events={**(before.events if before else {}), **saved.fresh},
            run=_bare(run) if run.status in RUN_FINISHED else None,
            traceparent=saved.trace,
        )

    async def _publish_later(self) -> None:
        await asyncio.sleep(WAIT_S)
        self._later = None
        try:
            await self._publish()
        except Exception as error:
            _log_lost(error)

    async def _publish(self) -> None:
        changes, self._pending = list(self._pending.values()), {}
        if changes:
            message = RunChanged(changes=changes)
            await self._bus.show(message, RunChanged.event, trace=changes[-1].traceparent)

    async def _tell_others(self, saved: Saved, now: Millis) -> None:
        run = saved.run
        if saved.cancels:
            message = NodesCancelled(run_id=run.id, nodes=dict(saved.cancels))
            await self._bus.show(message, NodesCancelled.event, trace=saved.trace)
        if run.status in RUN_FINISHED:
            finished = RunFinished(
                run_id=run.id,
                workspace_id=run.workspace_id,
                workflow_id=run.workflow_id,
                status=run.status,
                at=run.finished_at or now,
            )
            await self._bus.show(finished, RunFinished.event, trace=saved.trace)


def _bare(run: Run) -> Run:
    return run.model_copy(update={"outbox": {}, "results": {}})


def _log_lost(error: Exception) -> None:
    logger.warning("news.lost", error=f"{type(error).__name__}: {error}"[:300])
