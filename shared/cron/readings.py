"""What a zone's clock shows, and when: a reading comes once, twice, or not at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def shown(zone: ZoneInfo, at: datetime) -> datetime:
    """What the zone's clock shows at an instant."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def instant(reading: datetime, offset: timedelta) -> datetime:
    """When a clock that far from UTC shows this."""
    return (reading - offset).replace(tzinfo=UTC)


def offsets(reading: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The zone's distance to UTC for this reading: twice the same, or of an hour that comes twice the first
    and the second, or of one that is skipped the one before (smaller) and the one after."""
    first = reading.replace(tzinfo=zone, fold=0).utcoffset()
    second = reading.replace(tzinfo=zone, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first, second


def set_between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The instant between these, to the second, at which the zone's clock is set."""
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
