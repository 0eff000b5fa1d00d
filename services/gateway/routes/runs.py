"""Runs: start, list, get."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.gateway.credentials.given import named, share
from services.gateway.documented import IDEMPOTENCY_KEY, answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.callers import cause_of
from services.gateway.identity.rights import Access
from services.gateway.identity.sight import seen
from services.gateway.inputs import (
    AdHocRun,
    RunsOfWorkflowQuery,
    RunsQuery,
    StartRun,
    WaitQuery,
)
from services.gateway.mocking import dry_run
from services.gateway.parts import Gateway, gateway_of
from services.gateway.pinned import Pinned
from services.gateway.present import json_response, page, run_summary
from services.gateway.reading import read
from services.gateway.resources import RunPage, RunResource
from services.gateway.spliced import spliced
from services.gateway.starting import Order, answer_with, published, shown, start
from shared.contracts.run import Run
from shared.contracts.value import to_json

STARTED = {"_202": (RunResource, "Started"), "_200": (RunResource, "Started and finished within `wait`")}

router = APIRouter(tags=["runs"])


@router.post(
    "/workflows/{workflow_id}/runs",
    dependencies=[needs("runs:write")],
    summary="Start a run of a workflow",
    status_code=202,
    responses=answers(403, 404, 409, 413, **STARTED),
    openapi_extra=takes(StartRun, required=False) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def start_workflow(
    request: Request, workspace_id: str, workflow_id: str, query: Annotated[WaitQuery, Query()]
) -> Response:
    """Of its latest version, of the one given, or of its draft. The run keeps to it whatever is changed
    later. With `dry`, nodes answer with their mocks and nothing outside is touched."""
    gateway = gateway_of(request)
    body, raw = await read(request, StartRun)
    if body.draft:
        access_of(request).need("graphs:run", workflow_id)

    async def pin() -> Pinned:
        return await _chosen(gateway, access_of(request), workflow_id, body)

    return await start(gateway, request, _order(request, workspace_id, body, raw, pin, query.wait))


@router.post(
    "/runs",
    dependencies=[needs("graphs:run")],
    summary="Run a graph",
    status_code=202,
    responses=answers(403, 413, **STARTED),
    openapi_extra=takes(AdHocRun) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def start_ad_hoc(request: Request, workspace_id: str, query: Annotated[WaitQuery, Query()]) -> Response:
    """A graph that belongs to no workflow. With `dry`, nodes answer with their mocks and nothing outside is
    touched: the way to test a graph."""
    gateway = gateway_of(request)
    body, raw = await read(request, AdHocRun)

    async def pin() -> Pinned:
        dry = dry_run(body.dry, body.mocks, pins=body.pins)
        found = await named(gateway, access_of(request), body.graph)
        return await gateway.pinned.ad_hoc(workspace_id, body.graph, dry, given=found.given)

    return await start(gateway, request, _order(request, workspace_id, body, raw, pin, query.wait))


@router.get(
    "/workflows/{workflow_id}/runs",
    dependencies=[needs("runs:read")],
    summary="List the runs of a workflow",
    responses=answers(404, _200=(RunPage, "The newest first")),
)
async def list_of_workflow(
    request: Request, workspace_id: str, workflow_id: str, query: Annotated[RunsOfWorkflowQuery, Query()]
) -> Response:
    """Of all its versions, without their values and nodes."""
    gateway = gateway_of(request)
    await gateway.workflow(workspace_id, workflow_id)
    return await runs_page(request, query, workflow_id)


@router.get(
    "/runs",
    dependencies=[needs("runs:read")],
    summary="List runs",
    responses=answers(_200=(RunPage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[RunsQuery, Query()]) -> Response:
    """Without their values and nodes; child runs only with `parent`."""
    found = {"parent_id": query.parent, "trigger_id": query.trigger_id}
    return await runs_page(request, query, query.workflow_id, **found)


@router.get(
    "/runs/{run_id}",
    dependencies=[needs("runs:read")],
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
    return spliced(gateway.payloads, await shown(gateway, run))


async def runs_page(
    request: Request, query: RunsOfWorkflowQuery, workflow_id: str | None, **found_by: str | None
) -> Response:
    """A page of the runs that the caller may know of; `found_by` are `parent_id` and `trigger_id`."""
    access, limit = access_of(request), query.limit + 1

    async def read_page(before: str | None) -> list[Run]:
        return await gateway_of(request).runs.page(
            access.workspace_id,
            before=before,
            limit=limit,
            status=query.status,
            workflow_id=workflow_id,
            **found_by,
        )

    found = await seen(access, read_page, lambda run: run.workflow_id, cursor=query.cursor, limit=limit)
    return json_response(page([run_summary(each) for each in found], query.limit))


def _order(
    request: Request,
    workspace_id: str,
    body: StartRun | AdHocRun,
    raw: bytes,
    pin: Callable[[], Awaitable[Pinned]],
    wait_s: float,
) -> Order:
    return Order(
        workspace_id=workspace_id,
        pin=pin,
        input=to_json(body.input),
        lane=body.lane,
        wait_s=wait_s,
        raw=raw,
        trace=request.scope["traceparent"],
        cause=cause_of(request),
        dry=body.dry,
        pins=body.pins,
    )


async def _chosen(gateway: Gateway, access: Access, workflow_id: str, body: StartRun) -> Pinned:
    """What to run of a workflow. A draft, and whatever is run dry, is pinned like a graph without one."""
    workspace_id = access.workspace_id
    dry = dry_run(body.dry, body.mocks, pins=body.pins)
    if body.draft and body.version is not None:
        raise Refused("not_possible", "version: a run is of the draft or of a version; send one of them")
    if not body.draft and not dry:
        return await published(gateway, workspace_id, workflow_id, body.version)
    workflow = await gateway.workflow(workspace_id, workflow_id)
    text = workflow.graph
    if not body.draft:
        found = await published(gateway, workspace_id, workflow_id, body.version)
        version = await gateway.versions.get(workspace_id, found.id)
        text = version.graph if version else text
    graph = orjson.loads(text)
    found = await named(gateway, access, graph, workflow_id)
    pinned = await gateway.pinned.ad_hoc(workspace_id, graph, dry, workflow_id=workflow_id, given=found.given)
    if not dry:
        await share(gateway, found.found, workflow_id)
    return replace(pinned, workflow_id=workflow.id)
