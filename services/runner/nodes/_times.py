"""Reckoning with times that know their zone."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.runner.nodes._values import described
from shared.nodes import NodeFailed

Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]

_SECONDS: dict[Unit, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_PARTS: tuple[Unit, ...] = ("year", "month", "day", "hour", "minute", "second")
_FIRST = (1, 1, 1, 0, 0, 0)
_CODES = frozenset("aAbBdfGHIjmMpSuUVwWyYzZ%")
_FIRST_MILLISECONDS = 100_000_000_000
"""Numbers this large mean milliseconds: as seconds they would lie past the year 5138."""


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name; fails when there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise NodeFailed(
            "invalid_input", f"There is no time zone {name!r}. One is Europe/Paris, another UTC."
        ) from error


def parsed(value: str | int | float, zone: tzinfo | None, written_as: str | None) -> datetime:
    """The moment a value names, in `zone` or else in the value's own; without one of its own it is read in
    `zone`, or else in UTC."""
    try:
        moment = _read(value, written_as)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone or UTC)
        return moment.astimezone(UTC).astimezone(zone) if zone else moment
    except (ValueError, TypeError, LookupError, OverflowError, OSError, re.error) as error:
        wanted = f"the format {written_as!r}" if written_as else "ISO 8601, such as 2024-05-31T14:30:00+02:00"
        raise NodeFailed("invalid_input", f"{described(value)} is not a time in {wanted}.") from error


def formatted(moment: datetime, written_as: str | None) -> str:
    """The moment as text, by `%` codes or in ISO 8601."""
    if written_as is None:
        return moment.isoformat()
    _check_format(written_as)
    try:
        return moment.strftime(written_as)
    except ValueError as error:
        raise NodeFailed(
            "invalid_input", f"{moment.isoformat()} cannot be written as {written_as!r}."
        ) from error


def added(moment: datetime, amount: int | float, unit: Unit) -> datetime:
    """The moment moved. Up to hours count elapsed time; days and longer keep the clock's time, and a month
    that is too short gives its last day."""
    try:
        if unit in ("second", "minute", "hour"):
            return _elapsed(moment, timedelta(seconds=amount * _SECONDS[unit]))
        if amount != int(amount):
            raise NodeFailed("invalid_input", f"amount must be a whole number of {unit}s, not {amount}.")
        if unit in _SECONDS:
            return _on_clock(moment + timedelta(seconds=int(amount) * _SECONDS[unit]))
        year, month = divmod(moment.year * 12 + moment.month - 1 + int(amount) * _MONTHS[unit], 12)
        last_day = monthrange(year, month + 1)[1] if 1 <= year <= 9999 else 28
        return _on_clock(moment.replace(year=year, month=month + 1, day=min(moment.day, last_day)))
    except (OverflowError, ValueError) as error:
        raise NodeFailed(
            "invalid_input", f"{amount} {unit}s from {moment.isoformat()} is outside the years 1 to 9999."
        ) from error


def between(start: datetime, end: datetime, unit: Unit) -> int | float:
    """Elapsed time in the unit; months and longer count those that are complete."""
    if unit in _SECONDS:
        elapsed = end.astimezone(UTC) - start.astimezone(UTC)
        difference = elapsed.total_seconds() / _SECONDS[unit]
        return int(difference) if difference.is_integer() else difference
    if end.astimezone(UTC) < start.astimezone(UTC):
        return -between(end, start, unit)
    end = end.astimezone(start.tzinfo)
    months = (end.year - start.year) * 12 + end.month - start.month
    if months and added(start, months, "month") > end:
        months -= 1
    return months // _MONTHS[unit]


def started(moment: datetime, unit: Unit) -> datetime:
    """The start of the second, minute, …, year the moment lies in; weeks start on Monday."""
    if unit == "week":
        return started(added(moment, -moment.weekday(), "day"), "day")
    if unit == "quarter":
        moment = moment.replace(day=1, month=moment.month - (moment.month - 1) % 3)
        return started(moment, "month")
    kept = moment.timetuple()[: _PARTS.index(unit) + 1]
    _, month, day, hour, minute, second = (*kept, *_FIRST[len(kept) :])
    start = moment.replace(month=month, day=day, hour=hour, minute=minute, second=second, microsecond=0)
    return _on_clock(start)


def _read(value: str | int | float, written_as: str | None) -> datetime:
    if isinstance(value, bool):
        raise TypeError("a boolean is not a time")
    if isinstance(value, int | float):
        seconds = value / 1000 if abs(value) >= _FIRST_MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC)
    if written_as is not None:
        _check_format(written_as)
        return datetime.strptime(value, written_as)  # noqa: DTZ007 (the caller gives it a zone)
    text = value.strip()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _check_format(written_as: str) -> None:
    for code in re.findall(r"%(.?)", written_as, re.DOTALL):
        if code not in _CODES:
            known = " ".join(f"%{known}" for known in sorted(_CODES))
            raise NodeFailed("invalid_input", f"%{code} in {written_as!r} is not a code; there are {known}.")


def _elapsed(moment: datetime, difference: timedelta) -> datetime:
    return (moment.astimezone(UTC) + difference).astimezone(moment.tzinfo)


def _on_clock(moment: datetime) -> datetime:
    """The same time on the clock, moved on when the clocks jump over it."""
    try:
        return moment.astimezone(UTC).astimezone(moment.tzinfo)
    except OverflowError:  # within a day of the first or the last year
        return moment
