"""Cron expressions and zones as people write them: what is wrong with them, and where."""

from datetime import datetime
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

from shared.contracts.trigger import Preset, ScheduleConfig

PRESETS: dict[Preset, str] = {
    "every_minute": "* * * * *",
    "every_5_minutes": "*/5 * * * *",
    "every_15_minutes": "*/15 * * * *",
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekdays": "0 0 * * 1-5",
    "weekly": "0 0 * * 1",
    "monthly": "0 0 1 * *",
    "yearly": "0 0 1 1 *",
}
MAX_CHARS = 200
START = datetime(2000, 1, 1)  # noqa: DTZ001 (a reading of any clock)
FIELDS = {
    "second": "0 to 59",
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of the month": "1 to 31, L for the last day, LW for the last weekday",
    "month": "1 to 12 or JAN to DEC",
    "day of the week": "0 to 7 or SUN to SAT, MON#2 for the second Monday, 5L for the last Friday",
}


class ScheduleError(ValueError):
    """What is wrong with a cron expression or a time zone."""


def check_zone(timezone: str) -> str:
    """The name itself, if it is an IANA time zone; raises ScheduleError."""
    if timezone in _zones():
        return timezone
    near = get_close_matches(timezone[:100], _zones(), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ", such as Europe/Berlin or UTC"
    raise ScheduleError(f"{timezone[:100]!r} is no IANA time zone{hint}")


def check_cron(cron: str) -> str:
    """The expression itself; raises ScheduleError that says what is wrong with it, and where."""
    if len(cron) > MAX_CHARS:
        raise ScheduleError(f"it has {len(cron)} characters; at most {MAX_CHARS} are possible")
    parts = cron.split()
    if len(parts) not in (5, 6):
        raise ScheduleError(
            f"it has {len(parts)} fields; there must be five (minute, hour, day of the month, month, day of "
            "the week), or six with the second first"
        )
    names = list(FIELDS)[-len(parts) :]
    for place, (name, part) in enumerate(zip(names, parts, strict=True)):
        if not _understood(" ".join(part if index == place else "*" for index in range(len(parts)))):
            raise ScheduleError(
                f"the {name} {part!r} is not possible: {FIELDS[name]}; also *, lists such as 1,15, ranges "
                "such as 1-5, steps such as */10"
            )
    if not _understood(cron) or next(CronSim(cron, START), None) is None:
        raise ScheduleError("there is no such day in any year")
    return cron


def expression(config: ScheduleConfig) -> str:
    """The cron expression of a schedule that has one or a preset."""
    return PRESETS[config.preset] if config.preset else config.cron or ""


@lru_cache(4096)
def _understood(cron: str) -> bool:
    try:
        CronSim(cron, START)
    except (CronSimError, AssertionError, ValueError):
        return False
    return True


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules"})  # those depend on the machine
