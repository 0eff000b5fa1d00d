"""The times of a schedule: with seconds, within its span, the latest of many."""

from itertools import islice

from shared.contracts.trigger import ScheduleConfig
from shared.cron import latest_times, next_time, times


def test_seconds_come_first_where_there_are_six_fields() -> None:
    config = ScheduleConfig(cron="*/20 0 12 * * *", timezone="UTC")
    found = [at % 86_400_000 // 1000 - 43_200 for at in islice(times(config, 0), 4)]
    assert found == [0, 20, 40, 0]


def test_a_schedule_keeps_to_its_span_and_then_ends() -> None:
    config = ScheduleConfig(cron="0 * * * *", from_at=7_200_000, until_at=10_800_000)
    assert list(times(config, 0)) == [7_200_000, 10_800_000]
    assert next_time(config, 10_800_000) is None


def test_the_latest_times_are_found_without_looking_at_all() -> None:
    each_second = ScheduleConfig(cron="* * * * * *")
    now = 1_700_000_000_000
    assert latest_times(each_second, 0, now, 3) == ([now - 2000, now - 1000, now], True)
    yearly = ScheduleConfig(preset="yearly")
    found, more = latest_times(yearly, 0, now, 100)
    assert (len(found), more) == (54, False)
