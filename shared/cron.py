"""When a schedule's times come: cron expressions by the clock of a zone, across its changes too.

A job of fixed hours and minutes (`30 2 * * *`) runs once a day: at the end of the gap on a day whose clock
skips it, the first time where an hour comes twice. One whose minutes or hours begin with `*` runs by the
time that goes by: at each instant whose reading fits, those of an hour that comes twice as well. (cronsim
reads cron; its own zones go wrong where clocks are set by less than an hour, so it only counts readings.)"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from shared.contracts.base import Millis
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
SECOND = timedelta(seconds=1)
START = datetime(2000, 1, 1)  # noqa: DTZ001
LAST_YEAR = 9_000
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
    if not _understood(cron) or next(_readings(cron, START), None) is None:
        raise ScheduleError("there is no such day in any year")
    return cron


def expression(config: ScheduleConfig) -> str:
    """The cron expression of a schedule that has one or a preset."""
    return PRESETS[config.preset] if config.preset else config.cron or ""


def next_time(config: ScheduleConfig, after: Millis) -> Millis | None:
    """The first of a schedule's times that is later; None when there is none any more."""
    return next(times(config, after), None)


def times(config: ScheduleConfig, after: Millis) -> Iterator[Millis]:
    """A schedule's times that are later, in order: all of them."""
    if config.from_at is not None:
        after = max(after, config.from_at - 1)
    for each in _instants(expression(config), _zone(config.timezone), after):
        if config.until_at is not None and each > config.until_at:
            return
        yield each


def latest_times(config: ScheduleConfig, first: Millis, last: Millis, most: int) -> tuple[list[Millis], bool]:
    """The last times, at most `most`, from `first` to `last`; and whether there are more of them. However
    long that is, only some of it is looked through."""
    window = 60_000
    while True:
        start = max(first, last - window)
        found: list[Millis] = []
        for each in times(config, start - 1):
            if each > last:
                break
            found.append(each)
        if len(found) > most or start == first:
            return found[-most:], len(found) > most
        window *= 4


def _instants(cron: str, zone: ZoneInfo, after: Millis) -> Iterator[Millis]:
    since = datetime.fromtimestamp(after / 1000, UTC)
    found = _daily(cron, zone, since) if _is_daily(cron) else _elapsed(cron, zone, since)
    for each in found:
        at = round(each.timestamp() * 1000)
        if at > after:
            after = at  # what a gap has put together is one
            yield at


def _is_daily(cron: str) -> bool:
    minute, hour = cron.split()[-5:][:2]
    return not minute.startswith("*") and not hour.startswith("*")


def _daily(cron: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    for reading in _readings(cron, _reading(zone, since)):
        first, second = _offsets(reading, zone)
        if first >= second:
            yield _at(reading, first)
        else:
            yield _shift(zone, _at(reading, second), _at(reading, first))


def _elapsed(cron: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    start = _reading(zone, since)
    first, second = _offsets(start, zone)
    if first > second:  # what was read before now may come again
        start -= first - second
    again: list[datetime] = []
    for reading in _readings(cron, start):
        first, second = _offsets(reading, zone)
        if first > second:
            again.append(_at(reading, second))
        elif again:
            yield from again
            again = []
        if first >= second:
            yield _at(reading, first)


def _readings(cron: str, start: datetime) -> Iterator[datetime]:
    """What clocks show when the expression fits, later than `start`; without a zone."""
    for reading in CronSim(cron, start):
        if reading.year > LAST_YEAR:
            return
        yield reading


def _reading(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _offsets(reading: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The zone's distance to UTC for this reading: twice the same, or of an hour that comes twice the first
    and the second, or of one that is skipped the one before (smaller) and the one after."""
    first = reading.replace(tzinfo=zone, fold=0).utcoffset()
    second = reading.replace(tzinfo=zone, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first, second


def _at(reading: datetime, offset: timedelta) -> datetime:
    return (reading - offset).replace(tzinfo=UTC)


def _shift(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The instant between, to the second, at which the zone's clock is set."""
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


@lru_cache(4096)
def _understood(cron: str) -> bool:
    try:
        CronSim(cron, START)
    except (CronSimError, AssertionError, ValueError):
        return False
    return True


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules"})  # those depend on the machine
