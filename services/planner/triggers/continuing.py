"""Triggers that run a workflow again and again: one run at a time, the next when the last has finished.

The trigger first says which run it waits for (`running`), and only one who saves that starts it. While it
waits, it is due now and then all the same: a run that a crash has kept from beginning is begun then, and an
end that was overlooked is noticed."""

import asyncio
from collections.abc import Sequence

from shared.contracts.base import Millis
from shared.contracts.failure import Failure, failure
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.trigger import ContinuousConfig, Trigger
from shared.firing import Firing, Occasion, held_if_gone
from shared.ids import new_id, now_ms
from shared.occasions import continued
from shared.storage.runs import Runs
from shared.storage.triggers import Triggers

LOOK_AGAIN_MS = 20_000
AGAIN_MS = 60_000
"""When it is tried again to start a run that could not be started, or whose conditions were not met."""
MOST_TRIES = 5


class Continuing:
    """Begins the next run, and hears of the end of the last."""

    def __init__(self, triggers: Triggers, runs: Runs, firing: Firing) -> None:
        self._triggers = triggers
        self._runs = runs
        self._firing = firing

    async def see(self, runs: Sequence[Run]) -> None:
        """A finishing hook."""
        ended = {
            run.trigger.id: run
            for run in runs
            if run.level == "top" and run.trigger.kind == "continuous" and run.trigger.id
        }
        if ended:
            triggers = await self._triggers.load(list(ended))
            await asyncio.gather(*(self._ended(each, ended[each.id]) for each in triggers.values()))

    async def look(self, triggers: Sequence[Trigger], now: Millis) -> None:
        """See to those that are due."""
        named = {each for trigger in triggers for each in (trigger.running, trigger.last_run_id) if each}
        runs = await self._runs.load(list(named)) if named else {}
        await asyncio.gather(*(self._look(each, runs, now) for each in triggers))

    async def _look(self, trigger: Trigger, runs: dict[str, Run], now: Millis) -> None:
        run = runs.get(trigger.running or "")
        if run and run.status in RUN_FINISHED:
            await self._ended(trigger, run)
            return
        wanted = trigger.running or new_id("run")
        waiting = trigger.model_copy(update={"running": wanted, "next_at": now + LOOK_AGAIN_MS})
        held = await self._triggers.save(waiting, over=trigger)
        if held and run is None:
            await self._begin(held, runs.get(trigger.last_run_id or ""), now)

    async def _begin(self, trigger: Trigger, previous: Run | None, now: Millis) -> None:
        """Only the one who has saved that it waits for this run does so."""
        assert trigger.running is not None
        output = await self._firing.output_of(previous) if previous else None
        occasion = Occasion(trigger, trigger.running, continued(trigger, previous, output))
        outcome = (await self._firing.start([occasion]))[trigger.running]
        if outcome in ("started", "there"):
            return
        config = trigger.config
        gap_ms = int(config.min_gap_s * 1000) if isinstance(config, ContinuousConfig) else 0
        why = outcome if isinstance(outcome, Failure) else trigger.failure
        later = trigger.model_copy(
            update={"running": None, "failure": why, "next_at": now + max(gap_ms, AGAIN_MS)}
        )
        await self._triggers.save(held_if_gone(later, [outcome]), over=trigger)

    async def _ended(self, trigger: Trigger | None, run: Run) -> None:
        """Take note of the end of the run it waits for, whatever else has been saved meanwhile. Where that
        fails, it is due again soon."""
        for _ in range(MOST_TRIES):
            if trigger is None or trigger.running != run.id:
                return
            if await self._triggers.save(after(trigger, run, now_ms()), over=trigger):
                return
            trigger = (await self._triggers.load([trigger.id])).get(trigger.id)


def after(trigger: Trigger, run: Run, now: Millis) -> Trigger:
    """The trigger once the run it waited for has finished."""
    config = trigger.config
    assert isinstance(config, ContinuousConfig)
    failures = trigger.failures + 1 if run.status == "failed" else 0
    changes: dict[str, object] = {
        "running": None,
        "last_run_id": run.id,
        "last_at": run.created_at,
        "failures": failures,
        "failure": None if trigger.live else trigger.failure,
        "next_at": (run.finished_at or now) + int(config.min_gap_s * 1000) if trigger.live else None,
    }
    if trigger.active and 0 < config.stop_after_failures <= failures:
        changes |= {"active": False, "next_at": None, "failure": _stopped(run, failures)}
    return trigger.model_copy(update=changes)


def _stopped(run: Run, failures: int) -> Failure:
    many = "The last run has" if failures == 1 else f"The last {failures} runs have"
    why = f": {run.failure.message}" if run.failure else ""
    told = f"{many} failed, so it was paused; resume it once that is mended. Run {run.id!r}{why}"
    return failure("stopped", told, failures=failures, run_id=run.id)
