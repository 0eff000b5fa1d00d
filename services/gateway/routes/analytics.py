"""Analytics: what the runs of a workspace came to, by the hour in which they finished."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.analytics import measures, resources
from services.gateway.analytics.asked import (
    Period,
    PeriodQuery,
    SeriesQuery,
    TableQuery,
    period_of,
    zone_of,
)
from services.gateway.analytics.figures import Figures
from services.gateway.analytics.resources import tells
from services.gateway.identity.access import access_of, needs
from services.gateway.parts import gateway_of
from services.gateway.present import iso, json_response
from services.gateway.table import csv_response, wants_csv
from shared.ids import now_ms

router = APIRouter(tags=["analytics"])
Row = dict[str, Any]


@router.get(
    "/analytics/summary",
    dependencies=[needs("analytics:read")],
    summary="Key figures",
    responses=tells(resources.AnalyticsSummary, "Each with the change against the period before"),
)
async def summary(request: Request, workspace_id: str, query: Annotated[PeriodQuery, Query()]) -> Response:
    """Of the runs that finished in the period; they show within seconds. Dry runs do not count, and child
    runs with the run they belong to. `success_rate` leaves out cancelled runs; percentiles are true to within
    2 %."""
    period, figures = period_of(query, now_ms()), _figures(request, query)
    found = measures.summary(await figures.total(period), await figures.total(period.before))
    body = {**_shown(period), "before": _shown(period.before), "metrics": found}
    rows = [{"metric": name, **row} for name, row in found.items()]
    return _answer(request, query, body, rows, "summary", ("metric", *resources.Kpi.model_fields))


@router.get(
    "/analytics/series",
    dependencies=[needs("analytics:read")],
    summary="A metric over time",
    responses=tells(resources.AnalyticsSeries, "A point for each hour or day"),
)
async def series(request: Request, workspace_id: str, query: Annotated[SeriesQuery, Query()]) -> Response:
    """By the hour, or by the days of a time zone."""
    zone = zone_of(query.timezone)
    period = period_of(query, now_ms(), interval=query.interval)
    by_hour = await _figures(request, query).by_hour(period)
    points = measures.series(by_hour, period, query.metric, query.interval, zone)
    about = {"metric": query.metric, "interval": query.interval, "timezone": query.timezone}
    body = {**_shown(period), **about, "points": points}
    return _answer(request, query, body, points, query.metric, resources.Point.model_fields)


@router.get(
    "/analytics/errors",
    dependencies=[needs("analytics:read")],
    summary="Failed runs by their code",
    responses=tells(resources.ErrorTable, "The most frequent first"),
)
async def errors(request: Request, workspace_id: str, query: Annotated[TableQuery, Query()]) -> Response:
    """With the last run that failed so. Of a workflow's codes, the 200 most frequent of an hour are told
    apart; the rest are `other`."""
    period = period_of(query, now_ms())
    found = await _figures(request, query).by_code(period)
    rows = [measures.error_row(each) for each in sorted(found, key=lambda each: -each.count)]
    return _table(request, query, period, rows, "errors", resources.ErrorRow.model_fields)


@router.get(
    "/analytics/nodes",
    dependencies=[needs("analytics:read")],
    summary="The slowest node types",
    responses=tells(resources.NodeTable, "The slowest first"),
)
async def nodes(request: Request, workspace_id: str, query: Annotated[TableQuery, Query()]) -> Response:
    """By the p95 of their durations."""
    period = period_of(query, now_ms())
    found = await _figures(request, query).by_node_type(period)
    rows = sorted(map(measures.node_row, found), key=lambda row: (-row["p95_ms"], row["type"]))
    return _table(request, query, period, rows, "nodes", resources.NodeRow.model_fields)


@router.get(
    "/analytics/workflows",
    dependencies=[needs("analytics:read")],
    summary="Figures by workflow",
    responses=tells(resources.WorkflowTable, "Those with the most runs first"),
)
async def workflows(request: Request, workspace_id: str, query: Annotated[TableQuery, Query()]) -> Response:
    """Of those that had runs in the period."""
    period = period_of(query, now_ms())
    found = await _figures(request, query).by_workflow(period)
    known = await gateway_of(request).workflows.load([each.workflow_id for each in found if each.workflow_id])
    names = {each.id: each.name for each in known.values() if each.workspace_id == workspace_id}
    rows = [measures.workflow_row(each, names.get(each.workflow_id)) for each in found]
    rows.sort(key=lambda row: -row["runs"])
    return _table(request, query, period, rows, "workflows", resources.WorkflowRow.model_fields)


def _figures(request: Request, query: PeriodQuery) -> Figures:
    """Raises Refused for a workflow that is hidden from the caller."""
    access = access_of(request)
    if query.workflow_id is not None:
        access.need("analytics:read", query.workflow_id)
    return Figures(gateway_of(request).rollups, access, query.workflow_id)


def _table(
    request: Request,
    query: TableQuery,
    period: Period,
    rows: Sequence[Row],
    name: str,
    columns: Mapping[str, object],
) -> Response:
    body = {**_shown(period), "items": rows[: query.limit], "total": len(rows)}
    return _answer(request, query, body, rows[: query.limit], name, columns)


def _answer(
    request: Request,
    query: PeriodQuery,
    body: Row,
    rows: Sequence[Row],
    name: str,
    columns: Mapping[str, object] | Sequence[str],
) -> Response:
    if wants_csv(request, query.format):
        return csv_response(rows, list(columns), name)
    return json_response(body)


def _shown(period: Period) -> Row:
    return {"from": iso(period.first), "to": iso(period.end)}
