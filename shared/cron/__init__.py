"""When a schedule's times come: cron expressions by the clock of a zone, across its changes too.

A job of fixed hours and minutes (`30 2 * * *`) runs once a day: at the end of the gap on a day whose clock
skips it, the first time where an hour comes twice. One whose minutes or hours begin with `*` runs by the
time that goes by: at each instant whose reading fits, those of an hour that comes twice as well."""

from shared.cron.expression import PRESETS, ScheduleError, check_cron, check_zone
from shared.cron.times import latest_times, next_time, times

__all__ = [
    "PRESETS",
    "ScheduleError",
    "check_cron",
    "check_zone",
    "latest_times",
    "next_time",
    "times",
]
