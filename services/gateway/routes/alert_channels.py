"""Channels: where people are told."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.alerting.channels import changed, new_signing_key
from services.gateway.alerting.inputs import AlertChannelChange, NewAlertChannel, TestQuery, WebhookInput
from services.gateway.alerting.resources import (
    AlertChannelPage,
    AlertChannelResource,
    MadeAlertChannel,
    TestResource,
    channel_shown,
    delivery_shown,
)
from services.gateway.alerting.telling import send, settled, test_of
from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.inputs import PageQuery
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response, page
from services.gateway.reading import read
from shared.ids import new_id, now_ms
from shared.storage.alert_channels import AlertChannel, SlackSettings

router = APIRouter(tags=["alerts"])


@router.post(
    "/alerts/channels",
    dependencies=[needs("alerts:write")],
    summary="Create an alert channel",
    status_code=201,
    responses=answers(413, 501, _201=(MadeAlertChannel, "Created")),
    openapi_extra=takes(NewAlertChannel),
)
async def create(request: Request, workspace_id: str) -> Response:
    """Its secrets are sealed at once, and can be replaced, but never read again."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, NewAlertChannel)
    unsigned = isinstance(wanted.settings, WebhookInput) and wanted.settings.secrets is None
    made, now = new_signing_key() if unsigned else None, now_ms()
    blank = AlertChannel(
        id=new_id("chan"),
        workspace_id=workspace_id,
        name=wanted.name,
        settings=SlackSettings(kind="slack", host=""),
        rev=1,
        created_at=now,
        updated_at=now,
    )
    channel = changed(blank, wanted, gateway.sealing_key, made)
    await gateway.alert_channels.insert(channel)
    location = {"Location": f"{request.url.path}/{channel.id}"}
    return json_response({**channel_shown(channel), "secret": made}, 201, location)


@router.get(
    "/alerts/channels",
    dependencies=[needs("alerts:read")],
    summary="List alert channels",
    responses=answers(_200=(AlertChannelPage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[PageQuery, Query()]) -> Response:
    """Without their secrets."""
    channels = gateway_of(request).alert_channels
    found = await channels.page(workspace_id, before=query.cursor, limit=query.limit + 1)
    return json_response(page([channel_shown(each) for each in found], query.limit))


@router.get(
    "/alerts/channels/{channel_id}",
    dependencies=[needs("alerts:read")],
    summary="Get an alert channel",
    responses=answers(404, _200=(AlertChannelResource, "The channel without its secrets")),
)
async def get(request: Request, workspace_id: str, channel_id: str) -> Response:
    """Without its secrets."""
    return json_response(channel_shown(await _channel(gateway_of(request), workspace_id, channel_id)))


@router.put(
    "/alerts/channels/{channel_id}",
    dependencies=[needs("alerts:write")],
    summary="Change an alert channel",
    responses=answers(409, 413, 501, _200=(AlertChannelResource, "Saved as the next revision")),
    openapi_extra=takes(AlertChannelChange),
)
async def save(request: Request, workspace_id: str, channel_id: str) -> Response:
    """The whole channel, over revision `rev`. Secrets that are left out stay as they are, but a password is
    wanted again when it would go to another server."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, AlertChannelChange)
    before = await _channel(gateway, workspace_id, channel_id)
    after = changed(before, wanted, gateway.sealing_key)
    after = after.model_copy(update={"rev": before.rev + 1, "updated_at": now_ms()})
    if wanted.rev != before.rev or not await gateway.alert_channels.save(after):
        raise Refused("stale_revision", "Somebody has saved this channel since: read it again first")
    return json_response(channel_shown(after))


@router.delete(
    "/alerts/channels/{channel_id}",
    dependencies=[needs("alerts:write")],
    summary="Delete an alert channel",
    status_code=204,
    responses=answers(404, 409),
)
async def delete(request: Request, workspace_id: str, channel_id: str) -> Response:
    """409 while rules tell people there. What still waits to be sent there fails."""
    gateway = gateway_of(request)
    users = [each for each in await gateway.alert_rules.of([workspace_id]) if channel_id in each.channels]
    if users:
        names = ", ".join(repr(each.name) for each in users[:5])
        raise Refused("channel_in_use", f"Rules tell people there: {names}; take it out of them first")
    if not await gateway.alert_channels.delete(workspace_id, channel_id):
        raise _no_channel(channel_id)
    return Response(status_code=204)


@router.post(
    "/alerts/channels/{channel_id}/test",
    dependencies=[needs("alerts:write")],
    summary="Test an alert channel",
    responses=answers(404, _200=(TestResource, "What became of it")),
)
async def test(
    request: Request, workspace_id: str, channel_id: str, query: Annotated[TestQuery, Query()]
) -> Response:
    """Send a test notification, tried once. One that still waits at the end is seen under
    `alerts/deliveries`."""
    gateway = gateway_of(request)
    channel = await _channel(gateway, workspace_id, channel_id)
    delivery = test_of(channel, access_of(request).caller.name)
    await send(gateway, [delivery])
    done = await settled(gateway.deliveries, [delivery], query.wait)
    return json_response({"deliveries": [delivery_shown(each) for each in done]})


async def _channel(gateway: Gateway, workspace_id: str, channel_id: str) -> AlertChannel:
    channel = await gateway.alert_channels.get(workspace_id, channel_id)
    if channel is None:
        raise _no_channel(channel_id)
    return channel


def _no_channel(channel_id: str) -> Refused:
    return Refused("not_found", f"There is no alert channel {channel_id!r} here")
