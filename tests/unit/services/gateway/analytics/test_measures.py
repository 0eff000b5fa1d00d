"""Key figures with their change, and series without gaps."""

from zoneinfo import ZoneInfo

import pytest

from services.gateway.analytics.asked import Period
from services.gateway.analytics.measures import change, series, summary
from shared.analytics.histogram import counted
from shared.contracts.figures import HOUR_MS, RunFigures

UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
MARCH_28 = 1_774_652_400_000  # 2026-03-28T00:00+01:00: a day before clocks go forward


def test_each_metric_says_how_it_has_changed() -> None:
    now = RunFigures(succeeded=9, failed=3, cancelled=4, tokens=30, durations=counted([100] * 9 + [900]))
    before = RunFigures(succeeded=3, failed=1, tokens=20, cost_nanos=5, durations=counted([200]))
    found = summary(now, before)
    assert found["runs"] == {"value": 16, "before": 4, "change": 3}
    assert found["success_rate"] == {"value": 0.75, "before": 0.75, "change": 0}
    assert found["tokens"] == {"value": 30, "before": 20, "change": 0.5}
    assert found["cost_usd"] == {"value": 0, "before": 5e-9, "change": -1}
    assert found["cancelled"] == {"value": 4, "before": 0, "change": None}
    assert found["p50_ms"]["value"] == pytest.approx(100, rel=0.02)
    assert found["p95_ms"]["value"] == pytest.approx(900, rel=0.02)
    assert found["p95_ms"]["change"] == pytest.approx(3.5, rel=0.05)
    assert found["wait_p95_ms"] == {"value": None, "before": None, "change": None}


def test_no_change_is_told_where_there_was_nothing() -> None:
    assert (change(1, 0), change(None, 1), change(1, None), change(1, 2)) == (None, None, None, -0.5)
    assert summary(RunFigures(), RunFigures())["success_rate"]["value"] is None


def test_hours_without_runs_are_zero() -> None:
    period = Period(MARCH_28, MARCH_28 + 3 * HOUR_MS)
    found = series({MARCH_28 + HOUR_MS: RunFigures(failed=2)}, period, "runs", "hour", UTC)
    assert [(each["at"], each["value"]) for each in found] == [
        ("2026-03-27T23:00:00.000Z", 0),
        ("2026-03-28T00:00:00.000Z", 2),
        ("2026-03-28T01:00:00.000Z", 0),
    ]


def test_days_are_those_of_the_zone_also_when_clocks_are_set() -> None:
    period = Period(MARCH_28, MARCH_28 + 71 * HOUR_MS)
    by_hour = {hour: RunFigures(succeeded=1) for hour in period.hours}
    found = series(by_hour, period, "succeeded", "day", BERLIN)
    assert [(each["date"], each["at"], each["value"]) for each in found] == [
        ("2026-03-28", "2026-03-27T23:00:00.000Z", 24),
        ("2026-03-29", "2026-03-28T23:00:00.000Z", 23),
        ("2026-03-30", "2026-03-29T22:00:00.000Z", 24),
    ]
