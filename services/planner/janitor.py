"""Removes what nobody needs any more. Several may be at it at once, and one that is interrupted simply goes
on in the next round."""

import asyncio
from dataclasses import dataclass

from services.planner.old_runs import remove_old_runs, remove_runs_of
from services.planner.sweep import PAGE, Sweep
from shared.contracts.base import Millis
from shared.ids import now_ms
from shared.plans import Plans
from shared.storage.mongo import Store
from shared.storage.workspaces import Workspaces
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
    audit: float = 0


class Janitor:
    """Makes a round every ten minutes."""

    def __init__(self, store: Store, keep: Keep, plans: Plans | None = None) -> None:
        self._store = store
        self._keep = keep
        self._plans = plans or {}

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
        for name in ("cache", "sessions", "invitations", "password_resets"):
            await sweep.remove_all(name, expires_at={"$lte": now})
        await sweep.remove_all("throttles", at={"$lt": now - DAY_MS})
        for name, at, days in (
            ("idempotency", "created_at", self._keep.keys),
            ("dead_letters", "received_at", self._keep.dead_letters),
            ("dead_bodies", "received_at", self._keep.dead_letters),
            ("rollups", "hour", self._keep.figures),
            ("alerts", "at", self._keep.alerts),
            ("deliveries", "created_at", self._keep.alerts),
            ("hook_events", "received_at", self._keep.hook_events),
            ("audit", "at", self._keep.audit),
        ):
            if days:
                await sweep.remove_all(name, **{at: {"$lt": _before(now, days)}})
        if self._keep.runs:
            await remove_old_runs(sweep, _before(now, self._keep.runs), now)
        if any(plan.history_days for plan in self._plans.values()):
            await self._remove_history(sweep, now)
        return {name: count for name, count in sweep.removed.items() if count}

    async def _remove_history(self, sweep: Sweep, now: Millis) -> None:
        """Runs of workspaces whose plan keeps them for a shorter time than this installation."""
        workspaces, after = Workspaces(self._store), None
        while page := await workspaces.page(after=after, limit=PAGE):
            after = page[-1].id
            for each in page:
                plan = self._plans.get(each.plan)
                days = plan.history_days if plan else None
                if days and not 0 < self._keep.runs <= days:
                    await remove_runs_of(sweep, each.id, _before(now, days), now)


def _before(now: Millis, days: float) -> Millis:
    return max(0, int(now - days * DAY_MS))
