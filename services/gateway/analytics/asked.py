"""What callers may ask of analytics, and the hours that this is about. Pure but for the default, which is up
to now."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.errors import Refused
from services.gateway.inputs import Moment
from shared.contracts.base import Millis
from shared.contracts.figures import HOUR_MS

Metric = Literal[
    "runs", "succeeded", "failed", "cancelled", "success_rate", "p50_ms", "p95_ms", "wait_p95_ms",
    "tokens", "cost_usd",
]  # fmt: skip
Interval = Literal["hour", "day"]

DAY_MS = 24 * HOUR_MS
DEFAULT_DAYS = 7
MOST_DAYS: dict[Interval, int] = {"hour": 31, "day": 366}
FIRST, LAST = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2099


class PeriodQuery(BaseModel):
    """A period, of whole hours, and whose runs."""

    model_config = ConfigDict(extra="forbid")
    from_: Annotated[
        Moment | None,
        Field(
            alias="from",
            description="With its offset from UTC; the hour that holds it is the first. "
            "Default: 7 days before `to`",
        ),
    ] = None
    to: Annotated[
        Moment | None,
        Field(description="The hour that holds it, or ends with it, is the last. Default: now"),
    ] = None
    workflow_id: str | None = Field(None, max_length=200, description="Runs of this workflow only")
    format: Literal["json", "csv"] | None = Field(
        None, description="`csv` for RFC 4180 instead of JSON; `Accept: text/csv` does the same"
    )


class TableQuery(PeriodQuery):
    """The same, with the most rows wanted."""

    limit: int = Field(50, ge=1, le=500)


class SeriesQuery(PeriodQuery):
    """One metric over time."""

    metric: Metric = "runs"
    interval: Interval = Field("hour", description="`hour` for 31 days at most, `day` for 366")
    timezone: str = Field(
        "UTC",
        max_length=60,
        description="IANA name of the zone whose days are meant; an hour belongs to the day it begins in",
    )


@dataclass(frozen=True)
class Period:
    """The hours from `first` to before `end`."""

    first: Millis
    end: Millis

    @property
    def before(self) -> "Period":
        """The one of the same length that ends where this begins."""
        return Period(2 * self.first - self.end, self.first)

    @property
    def hours(self) -> range:
        """The beginnings of its hours."""
        return range(self.first, self.end, HOUR_MS)


def period_of(query: PeriodQuery, now: Millis, *, interval: Interval = "day") -> Period:
    """Raises Refused where it is not a period, or is too long for its interval."""
    end = _hour_after(now if query.to is None else _millis(query.to, "to"))
    first = end - DEFAULT_DAYS * DAY_MS
    if query.from_ is not None:
        given = _millis(query.from_, "from")
        first = given - given % HOUR_MS
    if first >= end:
        raise Refused("not_possible", "`from` must be before `to`, which is now unless it is given")
    most = MOST_DAYS[interval]
    if end - first > most * DAY_MS + HOUR_MS:  # both ends may lie within an hour
        days = (end - first) / DAY_MS
        longer = ", or `interval=day`" if interval == "hour" else ""
        said = f"From `from` to `to` are {days:,.1f} days; at most {most} may be: ask for less{longer}"
        raise Refused("not_possible", said)
    return Period(first, end)


def zone_of(name: str) -> ZoneInfo:
    """Raises Refused for a name that is none of a zone."""
    if name not in _zones():
        said = f"There is no time zone {name!r}: send an IANA name such as `Europe/Berlin`"
        raise Refused("not_possible", f"timezone: {said}")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _millis(given: datetime, name: str) -> Millis:
    at = round(given.timestamp() * 1000)
    if not FIRST <= at < LAST:
        raise Refused("not_possible", f"{name}: figures are kept for the years 2000 to 2099 only")
    return at


def _hour_after(at: Millis) -> Millis:
    return at + -at % HOUR_MS
