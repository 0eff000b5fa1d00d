"""Removes what nobody needs any more. Several may be at it at once, and one that is interrupted simply goes
on in the next round."""

import asyncio
from dataclasses import dataclass

from services.planner.old_runs import remove_old_runs
from services.planner.sweep import Sweep
from shared.contracts.base import Millis
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.telemetry import logger

EVERY_S = 600.0
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Keep:
    """For how many days things are kept; 0 is for ever. Runs are kept with all that belongs to them."""

    runs: float
    keys: float
    dead_letters: float
    figures: float = 0
    alerts: float = 0
    hook_events: float = 30


class Janitor:
    """Makes a round every ten minutes."""

    def __init__(self, store: Store, keep: Keep) -> None:
        self._store = store
        self._keep = keep

    async def run(self) -> None:
        """Go on until cancelled; what fails is left for the next round."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                removed = await self.round(now_ms())
            except Exception as error:
                logger.warning("janitor.failed", error=f"{type(error).__name__}: {error}"[:300])
            else:
                logger.info("janitor.done", **removed)

    async def round(self, now: Millis) -> dict[str, int]:
        """Remove all that may go; how many documents of each collection there were."""
        sweep = Sweep(self._store)
        await sweep.remove_all("cache", expires_at={"$lte": now})
        for name, at, days in (
            ("idempotency", "created_at", self._keep.keys),
            ("dead_letters", "received_at", self._keep.dead_letters),
            ("dead_bodies", "received_at", self._keep.dead_letters),
            ("rollups", "hour", self._keep.figures),
            ("alerts", "at", self._keep.alerts),
            ("deliveries", "created_at", self._keep.alerts),
            ("hook_events", "received_at", self._keep.hook_events),
        ):
            if days:
                await sweep.remove_all(name, **{at: {"$lt": _before(now, days)}})
        if self._keep.runs:
            await remove_old_runs(sweep, _before(now, self._keep.runs), now)
        return {name: count for name, count in sweep.removed.items() if count}


def _before(now: Millis, days: float) -> Millis:
    return max(0, int(now - days * DAY_MS))
