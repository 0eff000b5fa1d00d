"""The clock of triggers: it starts the runs whose time has come.

There may be several. Each sees to the triggers of the partitions it leads, and to those that nobody has seen
to for a while; two who see to the same one start the same run, which is one."""

import asyncio
from collections.abc import Callable, Sequence

from services.planner.triggers.continuing import Continuing
from services.planner.triggers.due import Due, due_times
from shared.contracts.base import Millis
from shared.contracts.failure import failure
from shared.contracts.run import Run
from shared.contracts.trigger import ScheduleConfig, Trigger
from shared.firing import Firing, Occasion, Outcome, held_if_gone, kept
from shared.ids import now_ms
from shared.messaging.topology import PARTITIONS
from shared.metrics import SCHEDULE_LATE_SECONDS
from shared.occasions import scheduled
from shared.patience import heed_cancel
from shared.starting import scheduled_id
from shared.storage.triggers import Triggers
from shared.telemetry import logger

TICK_MS = 200
"""It looks at each full second, and as often in between."""
AT_ONCE = 250
PAGES = 8
LATE_MS = 3_000
PARKED_MS = 60_000
Saving = tuple[Trigger, Trigger]
"""A trigger, and as it was before."""


class Timetable:
    """Looks for what is due several times a second."""

    def __init__(
        self, triggers: Triggers, firing: Firing, continuing: Continuing, leads: Callable[[int], bool]
    ) -> None:
        self._triggers = triggers
        self._firing = firing
        self._continuing = continuing
        self._leads = leads

    async def run(self) -> None:
        """Go on until cancelled; what fails is tried again."""
        while True:
            await asyncio.sleep((TICK_MS - now_ms() % TICK_MS) / 1000)
            try:
                await self.tick()
            except Exception as error:
                heed_cancel()
                logger.warning("triggers.tick_failed", error=f"{type(error).__name__}: {error}"[:300])

    async def tick(self) -> None:
        """Start all that is due now."""
        led = [partition for partition in range(PARTITIONS) if self._leads(partition)]
        if len(led) == PARTITIONS:
            await self._see_to(now_ms(), None)
            return
        await self._see_to(now_ms(), led)
        await self._see_to(now_ms() - LATE_MS, None)

    async def _see_to(self, until: Millis, parts: Sequence[int] | None) -> None:
        while await self._round(until, parts):
            pass

    async def _round(self, until: Millis, parts: Sequence[int] | None) -> bool:
        """See to all that is due, or to much of it; whether there may be more. All runs are made before one
        is announced: to carry them is work for this process too, and would make the last ones late."""
        after, found, runs = "", list[Trigger](), list[Run]()
        saves: list[Saving] = []
        for _ in range(PAGES):
            found = await self._triggers.due(until, AT_ONCE, parts=parts, after=after)
            saved, begun = await self._schedules([each for each in found if _scheduled(each)])
            saves += saved
            runs += begun
            if continuous := [each for each in found if not _scheduled(each)]:
                await self._continuing.look(continuous, now_ms())
            if len(found) < AT_ONCE:
                break
            after = found[-1].id
        await self._firing.announce(runs)
        for start in range(0, len(saves), AT_ONCE):
            await self._triggers.save_many(saves[start : start + AT_ONCE])
        return len(found) == AT_ONCE

    async def _schedules(self, triggers: Sequence[Trigger]) -> tuple[list[Saving], list[Run]]:
        """The runs are made first, the triggers saved at the end: whoever dies in between has started nothing
        twice."""
        now = now_ms()
        plans = [(each, found) for each in triggers if (found := await self._planned(each, now))]
        outcomes, runs = await self._firing.insert([each for plan in plans for each in _occasions(*plan)])
        for at in (at for _, due in plans for at in due.times):
            SCHEDULE_LATE_SECONDS.observe((now_ms() - at) / 1000)
        return [(advanced(each, due, outcomes), each) for each, due in plans], runs

    async def _planned(self, trigger: Trigger, now: Millis) -> Due | None:
        """One that cannot be read must not hold up the others."""
        assert isinstance(trigger.config, ScheduleConfig)
        try:
            return due_times(trigger, trigger.config, now)
        except Exception as error:
            logger.exception("trigger.unreadable", trigger_id=trigger.id)
            why = failure("internal_error", f"Its times cannot be worked out: {error}")
            parked = trigger.model_copy(update={"next_at": now + PARKED_MS, "failure": why})
            await self._triggers.save(parked, over=trigger)
            return None


def _scheduled(trigger: Trigger) -> bool:
    return isinstance(trigger.config, ScheduleConfig)


def _occasions(trigger: Trigger, due: Due) -> list[Occasion]:
    before = [trigger.last_at, *due.times]
    return [
        Occasion(trigger, scheduled_id(trigger.id, at), scheduled(trigger, at, previous=previous))
        for previous, at in zip(before, due.times, strict=False)
    ]


def advanced(trigger: Trigger, due: Due, outcomes: dict[str, Outcome]) -> Trigger:
    """The trigger once what was due has been seen to."""
    ids = {scheduled_id(trigger.id, at): at for at in due.times}
    changes: dict[str, object] = {
        "next_at": due.next_at,
        "missed": due.missed or trigger.missed,
        "failure": kept(trigger.failure, [outcomes[run_id] for run_id in ids]),
    }
    if begun := [run_id for run_id in ids if outcomes[run_id] in ("started", "there")]:
        changes |= {"last_run_id": begun[-1], "last_at": ids[begun[-1]]}
    return held_if_gone(trigger.model_copy(update=changes), [outcomes[run_id] for run_id in ids])
