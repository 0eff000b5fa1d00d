"""The instants at which a zone's clock shows what a cron expression asks for.

(cronsim reads cron; its own zones go wrong where clocks are set by less than an hour, so it only counts what
clocks show, and this works out when they do.)"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from shared.contracts.base import Millis
from shared.cron.readings import instant, offsets, set_between, shown

LAST_YEAR = 9_000


def instants(cron: str, zone: ZoneInfo, after: Millis) -> Iterator[Millis]:
    """Those later than `after`, in order."""
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
    for reading in _readings(cron, shown(zone, since)):
        first, second = offsets(reading, zone)
        if first >= second:
            yield instant(reading, first)
        else:
            yield set_between(zone, instant(reading, second), instant(reading, first))


def _elapsed(cron: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    start = shown(zone, since)
    first, second = offsets(start, zone)
    if first > second:  # what was shown before now may be shown again
        start -= first - second
    again: list[datetime] = []
    for reading in _readings(cron, start):
        first, second = offsets(reading, zone)
        if first > second:
            again.append(instant(reading, second))
        elif again:
            yield from again
            again = []
        if first >= second:
            yield instant(reading, first)


def _readings(cron: str, start: datetime) -> Iterator[datetime]:
    """What clocks show when the expression fits, later than `start`; without a zone."""
    for reading in CronSim(cron, start):
        if reading.year > LAST_YEAR:
            return
        yield reading
