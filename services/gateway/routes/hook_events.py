"""What came in at webhooks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import IDEMPOTENCY_KEY, answers
from services.gateway.errors import Refused
from services.gateway.hooks.addresses import config_of
from services.gateway.hooks.event_resources import (
    HookEventPage,
    HookEventResource,
    HookEventsQuery,
    event_shown,
    event_summary,
)
from services.gateway.hooks.searching import found, replayed
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.callers import caller_of
from services.gateway.inputs import WaitQuery
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.resources import RunResource
from services.gateway.spliced import spliced, texts_of
from services.gateway.starting import answer_with, idempotency_key
from shared.contracts.hook_event import HookEvent

router = APIRouter(tags=["triggers"])


@router.get(
    "/triggers/{trigger_id}/events",
    dependencies=[needs("runs:read")],
    summary="List the events of a webhook",
    responses=answers(404, 409, _200=(HookEventPage, "The newest first")),
)
async def list_all(
    request: Request, workspace_id: str, trigger_id: str, query: Annotated[HookEventsQuery, Query()]
) -> Response:
    """Without their bodies. Refused ones are kept up to 30 a minute, without what proves nothing."""
    gateway = gateway_of(request)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    config_of(trigger)
    events, cursor = await found(gateway, trigger, query)
    return json_response({"items": [event_summary(each) for each in events], "next": cursor})


@router.get(
    "/triggers/{trigger_id}/events/{event_id}",
    dependencies=[needs("runs:read")],
    summary="Get an event of a webhook",
    responses=answers(404, _200=(HookEventResource, "With its body as it came")),
)
async def get(request: Request, workspace_id: str, trigger_id: str, event_id: str) -> Response:
    """As it was sent, whatever has become of it."""
    gateway = gateway_of(request)
    event = await _event(gateway, workspace_id, trigger_id, event_id)
    texts = await texts_of(gateway.payloads, [event.body])
    text = texts[event.body.ref] if event.body.ref else event.body.json_text or "null"
    return spliced(gateway.payloads, event_shown(event, text))


@router.post(
    "/triggers/{trigger_id}/events/{event_id}/replay",
    dependencies=[needs("runs:write")],
    summary="Replay an event of a webhook",
    status_code=202,
    responses=answers(
        404,
        409,
        _202=(RunResource, "Started"),
        _200=(RunResource, "Started and finished within `wait`"),
    ),
    openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
)
async def replay(
    request: Request,
    workspace_id: str,
    trigger_id: str,
    event_id: str,
    query: Annotated[WaitQuery, Query()],
) -> Response:
    """A new run for it, as the trigger maps it now; listed as an event of its own."""
    gateway = gateway_of(request)
    trigger = await gateway.trigger(workspace_id, trigger_id)
    event = await _event(gateway, workspace_id, trigger_id, event_id)
    if event.mode == "test":
        access_of(request).need("graphs:run", trigger.workflow_id)
    by, trace = caller_of(request).name, request.scope["traceparent"]
    run = await replayed(gateway, trigger, event, by=by, key=idempotency_key(request), trace=trace)
    return await answer_with(gateway, run, query.wait)


async def _event(gateway: Gateway, workspace_id: str, trigger_id: str, event_id: str) -> HookEvent:
    event = await gateway.hooks.events.get(workspace_id, trigger_id, event_id)
    if event is None:
        raise Refused("not_found", f"Trigger {trigger_id!r} has no event {event_id!r}")
    return event
