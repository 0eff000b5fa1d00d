"""What callers get, described for the OpenAPI document. The bodies themselves are made in `measures.py`."""

from typing import Any

from pydantic import BaseModel, Field

from services.gateway.analytics.asked import Interval, Metric
from services.gateway.documented import Responses, answers
from services.gateway.resources import AT, RUN_ID, WORKFLOW_ID

Measured = float | None


class PeriodResource(BaseModel):
    """Whole hours: what was asked for, rounded outwards."""

    from_: str = Field(alias="from", examples=[AT])
    to: str = Field(examples=[AT])


class Kpi(BaseModel):
    """A metric, what it was in the period before, and the relative change (0.5: by half more). Null where
    nothing can be said, for instance of no runs."""

    value: Measured = Field(examples=[120])
    before: Measured = Field(examples=[80])
    change: Measured = Field(examples=[0.5])


class AnalyticsSummary(PeriodResource):
    """Every metric; `before` is the period of the same length before."""

    before: PeriodResource
    metrics: dict[Metric, Kpi]


class Point(BaseModel):
    """An hour or a day: when it begins, and its date in the time zone asked for. Where nothing ran,
    counts are 0, rates and durations null."""

    at: str = Field(examples=[AT])
    date: str = Field(examples=["2026-01-31"])
    value: Measured = Field(examples=[12])


class AnalyticsSeries(PeriodResource):
    """A point for each hour or day, without a gap."""

    metric: Metric
    interval: Interval
    timezone: str
    points: list[Point]


class ErrorRow(BaseModel):
    """Runs that failed with one code, and the last of them."""

    code: str = Field(examples=["timeout"])
    count: int
    last_at: str = Field(examples=[AT])
    run_id: str = Field(examples=[RUN_ID])


class NodeRow(BaseModel):
    """Nodes of one type that succeeded or failed, in child runs as well. Durations are of the last attempt,
    with the time that it waited."""

    type: str = Field(examples=["http.request"])
    count: int
    failures: int
    retries: int = Field(description="Attempts after the first")
    p50_ms: int
    p95_ms: int
    longest_ms: int
    total_ms: int


class WorkflowRow(BaseModel):
    """One workflow's runs. Without an id: graphs that belong to none. An archived one has no name."""

    workflow_id: str | None = Field(examples=[WORKFLOW_ID])
    name: str | None
    runs: int
    succeeded: int
    failed: int
    cancelled: int
    success_rate: Measured
    p50_ms: Measured
    p95_ms: Measured
    wait_p95_ms: Measured
    tokens: int
    cost_usd: float


class ErrorTable(PeriodResource):
    """The most frequent first; `total` counts the codes there are."""

    items: list[ErrorRow]
    total: int


class NodeTable(PeriodResource):
    """The slowest first, by p95; `total` counts the types there are."""

    items: list[NodeRow]
    total: int


class WorkflowTable(PeriodResource):
    """Those with the most runs first; `total` counts the workflows that had some."""

    items: list[WorkflowRow]
    total: int


def tells(model: type[BaseModel], told: str) -> Responses:
    """`responses` of a route that answers with JSON or with CSV."""
    responses = answers(403, 404, _200=(model, told))
    content: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}
    responses[200]["content"] = content
    return responses
