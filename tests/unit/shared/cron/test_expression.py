"""What is wrong with cron expressions and zones is said."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.trigger import ScheduleConfig
from shared.cron import PRESETS, ScheduleError, check_cron, check_zone, times


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("61 * * * *", "the minute '61' is not possible: 0 to 59"),
        ("x * * * * *", "the second 'x'"),
        ("* 24 * * *", "the hour '24' is not possible: 0 to 23"),
        ("* * * * 8", "the day of the week '8'"),
        ("* * * FOO *", "the month 'FOO' is not possible: 1 to 12 or JAN to DEC"),
        ("*/0 * * * *", "the minute '*/0'"),
        ("* * *", "it has 3 fields; there must be five"),
        ("0 0 31 2 *", "there is no such day in any year"),
        ("0 " * 200, "at most 200"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said(cron: str, told: str) -> None:
    with pytest.raises(ScheduleError) as error:
        check_cron(cron)
    assert told in str(error.value)


def test_a_zone_that_does_not_exist_is_met_with_the_nearest() -> None:
    with pytest.raises(ScheduleError, match="did you mean 'Europe/Berlin'"):
        check_zone("Europe/Berlim")
    for name in ("../../etc/passwd", "Europe", "", "localtime"):
        with pytest.raises(ScheduleError):
            check_zone(name)


@given(st.text("0123456789*/,-#LWSUNMO ", max_size=40))
def test_whatever_is_sent_is_refused_or_has_a_next_time(cron: str) -> None:
    try:
        config = ScheduleConfig(cron=check_cron(cron), timezone="America/New_York")
    except ScheduleError:
        return
    first, second = islice(times(config, 1_700_000_000_000), 2)
    assert 1_700_000_000_000 < first < second


def test_every_preset_is_an_expression() -> None:
    assert [check_cron(each) for each in PRESETS.values()] == list(PRESETS.values())
