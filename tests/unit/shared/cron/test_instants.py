"""When a schedule's times come on the days when clocks are set."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.trigger import ScheduleConfig
from shared.cron import next_time, times

FORWARD = {
    "Europe/Berlin": (date(2026, 3, 29), "03:00"),
    "America/New_York": (date(2026, 3, 8), "03:00"),
    "Australia/Lord_Howe": (date(2026, 10, 4), "02:30"),
}
BACK = {
    "Europe/Berlin": date(2026, 10, 25),
    "America/New_York": date(2026, 11, 1),
    "Australia/Lord_Howe": date(2026, 4, 5),
}
TWICE = {"Europe/Berlin": "30 2", "America/New_York": "30 1", "Australia/Lord_Howe": "45 1"}
SKIPPED = {"Europe/Berlin": "30 2", "America/New_York": "30 2", "Australia/Lord_Howe": "15 2"}
ODD = {
    "America/St_Johns": [date(2006, 4, 2), date(2006, 10, 29)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 30)],
    "Pacific/Apia": [date(2011, 12, 30)],
}
BY_ELAPSED_TIME = {
    "*/15 * * * *": lambda at: at.minute % 15 == 0,
    "30 * * * *": lambda at: at.minute == 30,
    "*/20 */2 * * *": lambda at: at.minute % 20 == 0 and at.hour % 2 == 0,
    "*/7 1-3 * * *": lambda at: at.minute % 7 == 0 and at.hour in (1, 2, 3),
}


def millis(at: datetime) -> int:
    """Epoch milliseconds."""
    return int(at.timestamp() * 1000)


def on_day(cron: str, zone: str, day: date) -> list[str]:
    """The times on a zone's day, as its clock shows them."""
    start = datetime.combine(day, time(), ZoneInfo(zone))
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    found = between(ScheduleConfig(cron=cron, timezone=zone), start, end)
    return [datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%H:%M") for at in found]


def between(config: ScheduleConfig, start: datetime, end: datetime) -> list[int]:
    """All times from `start` to before `end`."""
    return list(takewhile(lambda at: at < millis(end), times(config, millis(start) - 1)))


@pytest.mark.parametrize("zone", FORWARD)
def test_a_daily_job_in_the_hour_that_is_skipped_runs_once_when_it_is_over(zone: str) -> None:
    day, at = FORWARD[zone]
    for cron in (f"{SKIPPED[zone]} * * *", f"0 {SKIPPED[zone]} * * *", f"*/20 {SKIPPED[zone]} * * *"):
        assert on_day(cron, zone, day) == [at]
        assert at not in on_day(cron, zone, day + timedelta(days=1))


@pytest.mark.parametrize("zone", BACK)
def test_a_daily_job_in_the_hour_that_comes_twice_runs_the_first_time(zone: str) -> None:
    config = ScheduleConfig(cron=f"{TWICE[zone]} * * *", timezone=zone)
    noon_before = datetime.combine(BACK[zone] - timedelta(days=1), time(12), ZoneInfo(zone))
    first, second = islice(times(config, millis(noon_before)), 2)
    at = datetime.fromtimestamp(first / 1000, ZoneInfo(zone))
    assert (at.date(), at.fold) == (BACK[zone], 0)
    assert second - first > 86_400_000


@pytest.mark.parametrize("zone", [*BACK, *ODD])
@pytest.mark.parametrize("cron", BY_ELAPSED_TIME)
def test_the_others_run_whenever_the_clock_shows_it(zone: str, cron: str) -> None:
    """Against every minute of the days around, looked at one by one."""
    for day in ODD.get(zone) or [BACK[zone], FORWARD[zone][0]]:
        start = datetime.combine(day, time(), UTC) - timedelta(hours=26)
        end = start + timedelta(hours=74)
        shown = [at for at in minutes(start, end) if BY_ELAPSED_TIME[cron](at.astimezone(ZoneInfo(zone)))]
        found = between(ScheduleConfig(cron=cron, timezone=zone), start, end)
        assert found == [millis(at) for at in shown]


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every minute between."""
    while start < end:
        yield start
        start += timedelta(minutes=1)


def test_wherever_one_begins_to_look_the_next_time_is_the_same() -> None:
    """Also within the hour that comes twice: nothing comes again, nothing is passed over."""
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    for cron in ("*/20 * * * *", "30 2 * * *", "10 */2 * * *"):
        config = ScheduleConfig(cron=cron, timezone="Europe/Berlin")
        all_of_them = list(islice(times(config, millis(start)), 60))
        for at in minutes(start, start + timedelta(hours=6)):
            later = next(each for each in all_of_them if each > millis(at))
            assert next_time(config, millis(at)) == later
