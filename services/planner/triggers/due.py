"""Which of a schedule's times want a run now: pure."""

from dataclasses import dataclass, field

from shared.contracts.base import Millis
from shared.contracts.trigger import MissedTimes, ScheduleConfig, Trigger
from shared.cron import latest_times, next_time

GRACE_MS = 15_000
"""A time counts as missed when nobody has looked at it for so long; a planner that starts again is faster."""
MOST_MISSED = 100


@dataclass(frozen=True)
class Due:
    """The times that want a run, in order; when to look next; and what was missed, if anything was."""

    times: list[Millis]
    next_at: Millis | None
    missed: MissedTimes | None = field(default=None)


def due_times(trigger: Trigger, config: ScheduleConfig, now: Millis) -> Due:
    """What is due of a schedule whose `next_at` has come."""
    first = trigger.next_at or now
    recent, _ = latest_times(config, max(first, now - GRACE_MS), now, MOST_MISSED)
    next_at = next_time(config, now)
    if first >= now - GRACE_MS:
        return Due(recent, next_at)
    gone, more = latest_times(config, first, now - GRACE_MS - 1, MOST_MISSED)
    if not gone:
        return Due(recent, next_at)
    made_up = {"skip": [], "one": gone[-1:], "all": gone}[config.missed]
    told = MissedTimes(count=len(gone), more=more, made_up=len(made_up), first_at=first, last_at=gone[-1])
    return Due([*made_up, *recent], next_at, told)
