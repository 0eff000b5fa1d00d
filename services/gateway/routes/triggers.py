"""Triggers: what starts runs by itself."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.hooks.addresses import address_told
from services.gateway.identity.access import access_of, needs, needs_somewhere
from services.gateway.identity.sight import seen
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, page
from services.gateway.reading import read
from services.gateway.triggers.inputs import NewTrigger, TriggerChange, TriggersQuery
from services.gateway.triggers.making import made, replaced, switched
from services.gateway.triggers.resources import TriggerMade, TriggerPage, TriggerResource
from services.gateway.triggers.shown import trigger_shown
from shared.contracts.trigger import Trigger

router = APIRouter(tags=["triggers"])


@router.post(
    "/triggers",
    dependencies=[needs_somewhere("triggers:write")],
    summary="Create a trigger",
    status_code=201,
    responses=answers(404, 413, _201=(TriggerMade, "Created")),
    openapi_extra=takes(NewTrigger),
)
async def create(request: Request, workspace_id: str) -> Response:
    """Of a workflow: by the clock, by a web request, run after run, or after another workflow's runs."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, NewTrigger)
    trigger, drawn = await made(gateway, access_of(request), wanted)
    shown = {**trigger_shown(trigger), **address_told(request, trigger, drawn)}
    return json_response(shown, 201, {"Location": f"{request.url.path}/{trigger.id}"})


@router.get(
    "/triggers",
    dependencies=[needs("triggers:read")],
    summary="List triggers",
    responses=answers(_200=(TriggerPage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[TriggersQuery, Query()]) -> Response:
    """By workflow, kind and state if wanted."""
    limit = query.limit + 1

    async def read_page(before: str | None) -> list[Trigger]:
        return await gateway_of(request).triggers.page(
            workspace_id,
            before=before,
            limit=limit,
            workflow_id=query.workflow_id,
            kind=query.kind,
            active=query.active,
        )

    access = access_of(request)
    found = await seen(access, read_page, lambda each: each.workflow_id, cursor=query.cursor, limit=limit)
    return json_response(page([trigger_shown(each) for each in found], query.limit))


@router.get(
    "/triggers/{trigger_id}",
    dependencies=[needs("triggers:read")],
    summary="Get a trigger",
    responses=answers(404, _200=(TriggerResource, "The trigger")),
)
async def get(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """With when it is due next, and why it did not start a run if it did not."""
    return json_response(trigger_shown(await gateway_of(request).trigger(workspace_id, trigger_id)))


@router.put(
    "/triggers/{trigger_id}",
    dependencies=[needs("triggers:write")],
    summary="Replace a trigger",
    responses=answers(404, 409, 413, _200=(TriggerMade, "Saved as the next revision")),
    openapi_extra=takes(TriggerChange),
)
async def replace(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """Over revision `rev`; 409 when someone else has saved since. Starting runs does not change `rev`."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, TriggerChange)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    trigger, drawn = await replaced(gateway, access_of(request), trigger, wanted)
    return json_response({**trigger_shown(trigger), **address_told(request, trigger, drawn)})


@router.delete(
    "/triggers/{trigger_id}",
    dependencies=[needs("triggers:write")],
    summary="Delete a trigger",
    status_code=204,
    responses=answers(404),
)
async def delete(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """It starts no more runs; those it has started stay."""
    gateway = gateway_of(request)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    await gateway.triggers.delete(trigger)
    await gateway.trigger_changed(trigger)
    return Response(status_code=204)


@router.post(
    "/triggers/{trigger_id}/pause",
    dependencies=[needs("triggers:write")],
    summary="Pause a trigger",
    responses=answers(404, 409, _200=(TriggerResource, "Paused, or so before")),
)
async def pause(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """It starts no runs until it is resumed; those under way go on."""
    gateway = gateway_of(request)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    return json_response(trigger_shown(await switched(gateway, trigger, active=False)))


@router.post(
    "/triggers/{trigger_id}/resume",
    dependencies=[needs("triggers:write")],
    summary="Resume a trigger",
    responses=answers(404, 409, _200=(TriggerResource, "Active, or so before")),
)
async def resume(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """From now on: times that went by meanwhile are not made up for (a backfill does that). One that was
    stopped after failures begins anew."""
    gateway = gateway_of(request)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    return json_response(trigger_shown(await switched(gateway, trigger, active=True)))
