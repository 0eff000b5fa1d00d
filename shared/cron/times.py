"""The times of a schedule."""

from collections.abc import Iterator
from functools import cache
from zoneinfo import ZoneInfo

from shared.contracts.base import Millis
from shared.contracts.trigger import ScheduleConfig
from shared.cron.expression import expression
from shared.cron.instants import instants


def next_time(config: ScheduleConfig, after: Millis) -> Millis | None:
    """The first of a schedule's times that is later; None when there is none any more."""
    return next(times(config, after), None)


def times(config: ScheduleConfig, after: Millis) -> Iterator[Millis]:
    """A schedule's times that are later, in order: all of them."""
    if config.from_at is not None:
        after = max(after, config.from_at - 1)
    for each in instants(expression(config), _zone(config.timezone), after):
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


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
