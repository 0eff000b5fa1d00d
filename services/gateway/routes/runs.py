"""Runs: start, list, get, cancel."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import IDEMPOTENCY_KEY, answers, takes
from services.gateway.errors import Refused
from services.gateway.inputs import (
    AdHocRun,
    Cancellation,
    RunsOfWorkflowQuery,
    RunsQuery,
    StartRun,
    WaitQuery,
)
from services.gateway.parts import Gateway, gateway_of
from services.gateway.pinned import Pinned, version_id
from services.gateway.present import json_response, page, run_summary
from services.gateway.reading import read
from services.gateway.resources import RunPage, RunResource
from services.gateway.starting import Order, answer_with, shown, start
from shared.contracts.events import RunControl
from shared.contracts.run import RUN_FINISHED
from shared.contracts.value import to_json
from shared.messaging import topology

STARTED = {"_202": (RunResource, "Started"), "_200": (RunResource, "Started and finished within `wait`")}

router = APIRouter(tags=["runs"])


@router.post(
    "/workflows/{workflow_id}/runs",
    summary="Start a run of a workflow",
    status_code=202,
    responses=answers(404, 409, 413, **STARTED),
    openapi_extra=takes(StartRun, required=False) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def start_workflow(
    request: Request, workspace_id: str, workflow_id: str, query: Annotated[WaitQuery, Query()]
) -> Response:
    """Of its latest version, or of the one given. The run keeps to it whatever is published later."""
    gateway = gateway_of(request)
    body, raw = await read(request, StartRun)

    async def pin() -> Pinned:
        return await _published(gateway, workspace_id, workflow_id, body.version)

    order = Order(
        workspace_id, pin, to_json(body.input), body.lane, query.wait, raw, request.scope["traceparent"]
    )
    return await start(gateway, request, order)


@router.post(
    "/runs",
    summary="Run a graph",
    status_code=202,
    responses=answers(413, **STARTED),
    openapi_extra=takes(AdHocRun) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def start_ad_hoc(request: Request, workspace_id: str, query: Annotated[WaitQuery, Query()]) -> Response:
    """A graph that belongs to no workflow."""
    gateway = gateway_of(request)
    body, raw = await read(request, AdHocRun)

    async def pin() -> Pinned:
        return await gateway.pinned.ad_hoc(workspace_id, body.graph)

    order = Order(
        workspace_id, pin, to_json(body.input), body.lane, query.wait, raw, request.scope["traceparent"]
    )
    return await start(gateway, request, order)


@router.get(
    "/workflows/{workflow_id}/runs",
    summary="List the runs of a workflow",
    responses=answers(404, _200=(RunPage, "The newest first")),
)
async def list_of_workflow(
    request: Request, workspace_id: str, workflow_id: str, query: Annotated[RunsOfWorkflowQuery, Query()]
) -> Response:
    """Of all its versions, without their values and nodes."""
    gateway = gateway_of(request)
    await gateway.workflow(workspace_id, workflow_id)
    return await _page(gateway, workspace_id, query, workflow_id)


@router.get(
    "/runs",
    summary="List runs",
    responses=answers(_200=(RunPage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[RunsQuery, Query()]) -> Response:
    """Without their values and nodes."""
    return await _page(gateway_of(request), workspace_id, query, query.workflow_id)


@router.get(
    "/runs/{run_id}",
    summary="Get a run",
    responses=answers(
        404, 422, _200=(RunResource, "The run"), _202=(RunResource, "It has not finished within `wait`")
    ),
)
async def get(
    request: Request, workspace_id: str, run_id: str, query: Annotated[WaitQuery, Query()]
) -> Response:
    """As it is now; with `wait`, as soon as it has finished."""
    gateway = gateway_of(request)
    run = await gateway.run(workspace_id, run_id)
    if query.wait:
        return await answer_with(gateway, run, query.wait)
    return json_response(await shown(gateway, run))


@router.post(
    "/runs/{run_id}/cancel",
    summary="Cancel a run",
    status_code=202,
    responses=answers(404, 409, _202=(RunResource, "Asked to stop; it is cancelled a moment later")),
    openapi_extra=takes(Cancellation, required=False),
)
async def cancel(request: Request, workspace_id: str, run_id: str) -> Response:
    """Nodes that run are asked to stop, those that wait are not started. 409 when it has finished already."""
    gateway = gateway_of(request)
    body, _ = await read(request, Cancellation)
    run = await gateway.run(workspace_id, run_id)
    if run.status in RUN_FINISHED:
        raise Refused("run_finished", f"Run {run_id!r} has {run.status} already")
    control = RunControl(run_id=run.id, action="cancel", by="api", reason=body.reason)
    await gateway.publish(control, topology.planner_key(RunControl.event, run.id), run.traceparent)
    return json_response(await shown(gateway, run), 202)


async def _page(
    gateway: Gateway, workspace_id: str, query: RunsOfWorkflowQuery, workflow_id: str | None
) -> Response:
    found = await gateway.runs.page(
        workspace_id,
        before=query.cursor,
        limit=query.limit + 1,
        status=query.status,
        workflow_id=workflow_id,
    )
    return json_response(page([run_summary(each) for each in found], query.limit))


async def _published(gateway: Gateway, workspace_id: str, workflow_id: str, number: int | None) -> Pinned:
    """The version to run. The number of the latest is read each time: another gateway may have published."""
    workflow = await gateway.workflow(workspace_id, workflow_id)
    if number is None and not workflow.latest:
        raise Refused("not_published", f"Workflow {workflow_id!r} has no version: publish its draft first")
    pinned = await gateway.pinned.get(workspace_id, version_id(workflow.id, number or workflow.latest))
    if pinned is None:
        raise Refused("not_found", f"Workflow {workflow_id!r} has no version {number or workflow.latest}")
    return pinned
