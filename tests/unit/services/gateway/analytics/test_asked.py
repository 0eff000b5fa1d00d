"""Which hours are meant, and which questions are too large or make no sense."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from services.gateway.analytics.asked import DAY_MS, Period, PeriodQuery, period_of, zone_of
from services.gateway.errors import Refused
from shared.contracts.figures import HOUR_MS

NOW = 1_769_851_800_000  # 2026-01-31T09:30:00Z
HOUR = NOW - NOW % HOUR_MS


def asked(**given: Any) -> PeriodQuery:
    return TypeAdapter(PeriodQuery).validate_python(given)


def test_it_is_the_last_seven_days_with_the_hour_under_way() -> None:
    assert period_of(asked(), NOW) == Period(HOUR + HOUR_MS - 7 * DAY_MS, HOUR + HOUR_MS)


def test_both_ends_are_rounded_outwards() -> None:
    given = asked(**{"from": "2026-01-31T08:59:59+01:00", "to": "2026-01-31T09:00:01Z"})
    assert period_of(given, NOW) == Period(HOUR - 2 * HOUR_MS, HOUR + HOUR_MS)
    exact = asked(**{"from": "2026-01-31T08:00:00Z", "to": "2026-01-31T09:00:00Z"})
    assert period_of(exact, NOW) == Period(HOUR - HOUR_MS, HOUR)
    assert period_of(exact, NOW).before == Period(HOUR - 2 * HOUR_MS, HOUR - HOUR_MS)


@pytest.mark.parametrize(
    ("given", "interval", "said"),
    [
        ({"from": "2026-01-31T09:00:00Z", "to": "2026-01-31T09:00:00Z"}, "day", "before `to`"),
        ({"from": "2026-02-28T09:00:00Z"}, "day", "before `to`"),
        ({"from": "2024-01-31T09:00:00Z"}, "day", "at most 366"),
        ({"from": "2025-12-01T09:00:00Z"}, "hour", "at most 31 may be: ask for less, or `interval=day`"),
        ({"from": "1999-12-31T23:00:00Z"}, "day", "from: figures"),
        ({"to": "9999-12-31T23:59:59Z"}, "day", "to: figures"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "day", "from: figures"),
    ],
)
def test_what_is_no_period_is_refused(given: dict[str, str], interval: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        period_of(asked(**given), NOW, interval=interval)
    assert refused.value.code == "not_possible"
    assert said in refused.value.detail


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America", "europe/berlin\x00"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        zone_of(name)
