"""From counts to what dashboards show. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.gateway.analytics.asked import Interval, Metric, Period
from services.gateway.present import iso
from shared.analytics.adding import add_runs
from shared.analytics.histogram import percentile
from shared.contracts.base import Millis
from shared.contracts.figures import NANOS, ErrorFigures, NodeFigures, RunFigures

Row = dict[str, Any]


def _success_rate(runs: RunFigures) -> float | None:
    ended = runs.succeeded + runs.failed
    return round(runs.succeeded / ended, 6) if ended else None


MEASURES: Mapping[Metric, Callable[[RunFigures], float | None]] = {
    "runs": lambda runs: runs.succeeded + runs.failed + runs.cancelled,
    "succeeded": lambda runs: runs.succeeded,
    "failed": lambda runs: runs.failed,
    "cancelled": lambda runs: runs.cancelled,
    "success_rate": _success_rate,
    "p50_ms": lambda runs: percentile(runs.durations, 0.5),
    "p95_ms": lambda runs: percentile(runs.durations, 0.95),
    "wait_p95_ms": lambda runs: percentile(runs.waits, 0.95),
    "tokens": lambda runs: runs.tokens,
    "cost_usd": lambda runs: runs.cost_nanos / NANOS,
}
"""None where there is nothing to say: of no runs."""


def change(value: float | None, before: float | None) -> float | None:
    """By how much of what it was before a value has grown (0.5: by half); None where that says nothing."""
    return None if value is None or not before else round((value - before) / before, 6)


def summary(now: RunFigures, before: RunFigures) -> dict[str, Row]:
    """Each metric with what it was before."""
    pairs = {name: (measure(now), measure(before)) for name, measure in MEASURES.items()}
    return {
        name: {"value": value, "before": past, "change": change(value, past)}
        for name, (value, past) in pairs.items()
    }


def series(
    by_hour: Mapping[Millis, RunFigures], period: Period, metric: Metric, interval: Interval, zone: ZoneInfo
) -> list[Row]:
    """A point for every hour or day of the period, whether there were runs or not."""
    points: dict[str, list[Millis]] = {}
    for hour in period.hours:
        began = _local(hour, zone)
        key = began.date().isoformat() if interval == "day" else str(hour)
        points.setdefault(key, []).append(hour)
    measure = MEASURES[metric]
    return [
        {
            "at": iso(hours[0]),
            "date": _local(hours[0], zone).date().isoformat(),
            "value": measure(add_runs([by_hour[hour] for hour in hours if hour in by_hour])),
        }
        for hours in points.values()
    ]


def workflow_row(runs: RunFigures, name: str | None) -> Row:
    """One workflow's figures."""
    measured = {metric: measure(runs) for metric, measure in MEASURES.items()}
    return {"workflow_id": runs.workflow_id or None, "name": name, **measured}


def node_row(nodes: NodeFigures) -> Row:
    """One node type's figures."""
    return {
        "type": nodes.type,
        "count": nodes.count,
        "failures": nodes.failures,
        "retries": nodes.retries,
        "p50_ms": percentile(nodes.durations, 0.5),
        "p95_ms": percentile(nodes.durations, 0.95),
        "longest_ms": nodes.longest_ms,
        "total_ms": nodes.total_ms,
    }


def error_row(error: ErrorFigures) -> Row:
    """One failure code's figures."""
    return {
        "code": error.code,
        "count": error.count,
        "last_at": iso(error.last_at),
        "run_id": error.run_id,
    }


def _local(at: Millis, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, zone)
