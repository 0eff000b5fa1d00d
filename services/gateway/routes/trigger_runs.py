"""When triggers start runs, which they have started, and runs started by hand."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import IDEMPOTENCY_KEY, answers, takes
from services.gateway.identity.access import needs
from services.gateway.identity.callers import caller_of
from services.gateway.inputs import RunsOfWorkflowQuery, WaitQuery
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, millis
from services.gateway.reading import read
from services.gateway.resources import RunPage, RunResource
from services.gateway.routes.runs import runs_page
from services.gateway.starting import start
from services.gateway.triggers.by_hand import backfilled, fired, schedule_of
from services.gateway.triggers.inputs import Backfill, Fire, SchedulePreview, TimesQuery
from services.gateway.triggers.resources import BackfillResource, TimesResource
from services.gateway.triggers.shown import times_shown
from shared.contracts.trigger import ScheduleConfig
from shared.cron import times
from shared.ids import now_ms

router = APIRouter(tags=["triggers"])


@router.post(
    "/triggers/preview",
    dependencies=[needs("triggers:read")],
    summary="Try out a schedule",
    responses=answers(_200=(TimesResource, "Its next times")),
    openapi_extra=takes(SchedulePreview),
)
async def preview(request: Request, workspace_id: str) -> Response:
    """When a cron expression or preset comes next, without creating anything; 422 says what is wrong with
    it."""
    wanted, _ = await read(request, SchedulePreview)
    config = ScheduleConfig(cron=wanted.cron, preset=wanted.preset, timezone=wanted.timezone)
    after = millis(wanted.after)
    found = islice(times(config, now_ms() if after is None else after), wanted.count)
    return json_response(times_shown(config.timezone, list(found)))


@router.get(
    "/triggers/{trigger_id}/times",
    dependencies=[needs("triggers:read")],
    summary="List the next times of a schedule",
    responses=answers(404, 409, _200=(TimesResource, "Its next times")),
)
async def next_times(
    request: Request, workspace_id: str, trigger_id: str, query: Annotated[TimesQuery, Query()]
) -> Response:
    """Of one that is paused as well: as if it were resumed now."""
    config = schedule_of(await gateway_of(request).trigger(workspace_id, trigger_id))
    return json_response(times_shown(config.timezone, list(islice(times(config, now_ms()), query.count))))


@router.get(
    "/triggers/{trigger_id}/runs",
    dependencies=[needs("runs:read")],
    summary="List the runs of a trigger",
    responses=answers(404, _200=(RunPage, "The newest first")),
)
async def list_runs(
    request: Request, workspace_id: str, trigger_id: str, query: Annotated[RunsOfWorkflowQuery, Query()]
) -> Response:
    """Without their values and nodes; a run of a schedule stands at the time that it was started for."""
    trigger = await gateway_of(request).trigger(workspace_id, trigger_id)
    return await runs_page(request, query, trigger.workflow_id, trigger_id=trigger.id)


@router.post(
    "/triggers/{trigger_id}/run",
    dependencies=[needs("runs:write")],
    summary="Have a trigger start a run now",
    status_code=202,
    responses=answers(
        404,
        409,
        413,
        _202=(RunResource, "Started"),
        _200=(RunResource, "Started and finished within `wait`"),
    ),
    openapi_extra=takes(Fire, required=False) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def run_now(
    request: Request, workspace_id: str, trigger_id: str, query: Annotated[WaitQuery, Query()]
) -> Response:
    """With the event given, as its mapping and conditions make of it; of one that is paused as well. What it
    starts by itself stays as it is."""
    gateway = gateway_of(request)
    wanted, raw = await read(request, Fire)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    by, trace = caller_of(request).name, request.scope["traceparent"]
    order = fired(gateway, trigger, wanted, raw=raw, trace=trace, wait_s=query.wait, by=by)
    return await start(gateway, request, order)


@router.post(
    "/triggers/{trigger_id}/backfill",
    dependencies=[needs("runs:write")],
    summary="Start the runs of past times",
    responses=answers(404, 409, _200=(BackfillResource, "Started, or there already")),
    openapi_extra=takes(Backfill),
)
async def backfill(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """One for each time of the schedule from `from` to `to` that has none, at most 500; the same times again
    start nothing twice, for as long as their runs are kept."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, Backfill)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    by, trace = caller_of(request).name, request.scope["traceparent"]
    return json_response(await backfilled(gateway, trigger, wanted, by=by, trace=trace))
