"""Alerts: what rules have found, who has seen to it, and what was sent of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.alerting.inputs import Acknowledgement, AlertsQuery, DeliveriesQuery
from services.gateway.alerting.resources import (
    AlertPage,
    AlertResource,
    AlertWithDeliveries,
    DeliveryPage,
    DeliveryResource,
    alert_shown,
    delivery_shown,
)
from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.permissions import Permission
from services.gateway.identity.sight import seen
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, millis, page
from services.gateway.reading import read
from shared.contracts.alert import Alert
from shared.contracts.events import DeliveryDue
from shared.ids import now_ms
from shared.storage.deliveries import Delivery

MOST_TRIES = 5
router = APIRouter(tags=["alerts"])


@router.get(
    "/alerts",
    dependencies=[needs("alerts:read")],
    summary="List alerts",
    responses=answers(_200=(AlertPage, "The latest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[AlertsQuery, Query()]) -> Response:
    """All that rules have found, those that somebody has seen to as well."""
    alerts, limit = gateway_of(request).alerts, query.limit + 1
    like = query.model_dump(include={"severity", "status", "rule_id", "workflow_id", "run_id"})
    since, until = millis(query.since), millis(query.until)

    async def read_page(before: str | None) -> list[Alert]:
        return await alerts.page(workspace_id, before=before, limit=limit, since=since, until=until, **like)

    access = access_of(request)
    found = await seen(access, read_page, lambda each: each.workflow_id, cursor=query.cursor, limit=limit)
    return json_response(page([alert_shown(each) for each in found], query.limit))


@router.get(
    "/alerts/deliveries",
    dependencies=[needs("alerts:read")],
    summary="List deliveries",
    responses=answers(_200=(DeliveryPage, "The latest first")),
)
async def list_deliveries(
    request: Request, workspace_id: str, query: Annotated[DeliveriesQuery, Query()]
) -> Response:
    """What was sent where, and what became of it: those that wait say when they are tried again, and why the
    last attempt failed."""
    deliveries, limit = gateway_of(request).deliveries, query.limit + 1
    like = query.model_dump(include={"status", "channel_id", "alert_id"})

    async def read_page(before: str | None) -> list[Delivery]:
        return await deliveries.page(workspace_id, before=before, limit=limit, **like)

    found = await seen(access_of(request), read_page, _workflow_of, cursor=query.cursor, limit=limit)
    return json_response(page([delivery_shown(each) for each in found], query.limit))


@router.post(
    "/alerts/deliveries/{delivery_id}/retry",
    dependencies=[needs("alerts:write")],
    summary="Send a delivery again",
    responses=answers(404, 409, _200=(DeliveryResource, "It is tried at once, as often as at first")),
)
async def retry(request: Request, workspace_id: str, delivery_id: str) -> Response:
    """For one that has failed, or waits for its next attempt. What has arrived is not sent again."""
    gateway = gateway_of(request)
    found = await gateway.deliveries.get(workspace_id, delivery_id)
    if found is None or not access_of(request).sees(_workflow_of(found)):
        raise Refused("not_found", f"There is no delivery {delivery_id!r} here")
    if found.status == "delivered":
        raise Refused("delivered", "It has arrived already")
    again = {"status": "waiting", "attempts": 0, "next_at": now_ms(), "rev": found.rev + 1}
    after = found.model_copy(update=again)
    if not await gateway.deliveries.save(after, over=found):
        raise Refused("stale_revision", "It is being sent just now; look again in a moment")
    await gateway.hurry(DeliveryDue(delivery_id=after.id, rev=after.rev))
    return json_response(delivery_shown(after))


@router.get(
    "/alerts/{alert_id}",
    dependencies=[needs("alerts:read")],
    summary="Get an alert",
    responses=answers(404, _200=(AlertWithDeliveries, "With what was sent of it")),
)
async def get(request: Request, workspace_id: str, alert_id: str) -> Response:
    """With what became of telling it."""
    alert = await _alert(request, workspace_id, alert_id, "alerts:read")
    sent = await gateway_of(request).deliveries.of_alerts([alert.id])
    return json_response({**alert_shown(alert), "deliveries": [delivery_shown(each) for each in sent]})


@router.post(
    "/alerts/{alert_id}/acknowledge",
    dependencies=[needs("alerts:acknowledge")],
    summary="Acknowledge an alert",
    responses=answers(403, 404, 409, 413, _200=(AlertResource, "Somebody has seen to it")),
    openapi_extra=takes(Acknowledgement, required=False),
)
async def acknowledge(request: Request, workspace_id: str, alert_id: str) -> Response:
    """Who was first stays named; a later note takes the place of an earlier one."""
    wanted, _ = await read(request, Acknowledgement)
    for _ in range(MOST_TRIES):
        alert = await _alert(request, workspace_id, alert_id, "alerts:acknowledge")
        after = alert.model_copy(update={"rev": alert.rev + 1, "note": wanted.note or alert.note})
        if alert.status == "open":
            by = access_of(request).caller.name
            done = {"status": "acknowledged", "acknowledged_by": by, "acknowledged_at": now_ms()}
            after = after.model_copy(update=done)
        if await gateway_of(request).alerts.save(after, over=alert):
            return json_response(alert_shown(after))
    raise Refused("stale_revision", "Others keep changing this alert; please try again")


async def _alert(request: Request, workspace_id: str, alert_id: str, permission: Permission) -> Alert:
    """The alert, which the caller may do this to; raises Refused."""
    alert = await gateway_of(request).alerts.get(workspace_id, alert_id)
    if alert is None or not access_of(request).sees(alert.workflow_id):
        raise Refused("not_found", f"There is no alert {alert_id!r} here")
    access_of(request).need(permission, alert.workflow_id)
    return alert


def _workflow_of(delivery: Delivery) -> str | None:
    return delivery.notice.alert.workflow_id if delivery.notice.alert else delivery.workflow_id
