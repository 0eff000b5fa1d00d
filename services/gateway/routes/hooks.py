"""Webhooks: what is sent to them, and where they are."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.hooks.addresses import address_shown, config_of
from services.gateway.hooks.equipping import Equipped, Equipping
from services.gateway.hooks.event_resources import HookReceipt
from services.gateway.hooks.receiving import receive
from services.gateway.identity.access import ANYBODY, needs
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from services.gateway.triggers.making import changed
from services.gateway.triggers.webhook_inputs import NewSecret
from services.gateway.triggers.webhook_resources import HookAddress
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import WebhookConfig
from shared.ids import now_ms

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RECEIVED = answers(
    405,
    409,
    413,
    415,
    502,
    504,
    _202=(HookReceipt, "Stored; the webhook may be set to answer otherwise"),
    _200=(HookReceipt, "Stored, but it does not meet the conditions; or what the run has answered"),
)
OPEN = {
    "requestBody": {
        "required": False,
        "description": "Whatever the webhook is sent: JSON and forms are read, the rest is text or base64",
        "content": {"application/json": {"schema": {}, "example": {"order": 7}}, "*/*": {"schema": {}}},
    },
    "security": [],
}

open_router = APIRouter(tags=["hooks"])
router = APIRouter(tags=["triggers"])


async def live(request: Request, token: str) -> Response:
    """Start a run of what is published. The event is stored before it is answered; the same `webhook-id` of a
    signed one starts one run. Where it is set to wait for the run, 502 and 504 are possible too."""
    return await receive(gateway_of(request), request, token, "live")


async def test(request: Request, token: str) -> Response:
    """The same with the draft, also while the trigger is paused. What came in is listed with `mode=test`."""
    return await receive(gateway_of(request), request, token, "test")


for _method in METHODS:
    for _route, _path, _said in (
        (live, "/hooks/{token}", "Call a webhook"),
        (test, "/hooks/{token}/test", "Call a webhook to test it"),
    ):
        open_router.add_api_route(
            _path,
            _route,
            methods=[_method],
            status_code=202,
            summary=_said,
            dependencies=[ANYBODY],
            responses=RECEIVED,
            openapi_extra=OPEN if _method != "GET" else {"security": []},
            operation_id=f"{_route.__name__}_hook_{_method.lower()}",
        )


@router.get(
    "/triggers/{trigger_id}/hook",
    dependencies=[needs("triggers:write")],
    summary="Get the address of a webhook",
    responses=answers(404, 409, _200=(HookAddress, "Where to send things")),
)
async def address(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """For who may change the trigger: to know the address may be all it takes to start runs."""
    trigger = await gateway_of(request).trigger(workspace_id, trigger_id)
    return json_response(address_shown(request, trigger))


@router.post(
    "/triggers/{trigger_id}/rotate",
    dependencies=[needs("triggers:write")],
    summary="Give a webhook a new address",
    responses=answers(404, 409, _200=(HookAddress, "The new one; the old one leads nowhere from now on")),
)
async def rotate(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """For when the old one has become known. Its secrets stay."""
    trigger, _ = await _saved(request, workspace_id, trigger_id, _moved)
    return json_response(address_shown(request, trigger))


@router.post(
    "/triggers/{trigger_id}/secrets",
    dependencies=[needs("triggers:write")],
    summary="Give a webhook a further signing secret",
    responses=answers(404, 409, _200=(HookAddress, "With the secret, if it was drawn")),
    openapi_extra=takes(NewSecret, required=False),
)
async def further_secret(request: Request, workspace_id: str, trigger_id: str) -> Response:
    """Those before it count for `keep_s` seconds yet, a day unless said otherwise, so that senders can change
    over; with 0 they are gone at once."""
    wanted, _ = await read(request, NewSecret)

    def equip(equipping: Equipping, config: WebhookConfig) -> Equipped:
        return equipping.further(config, wanted)

    trigger, drawn = await _saved(request, workspace_id, trigger_id, equip)
    return json_response(address_shown(request, trigger, drawn))


def _moved(equipping: Equipping, config: WebhookConfig) -> Equipped:
    return Equipped(equipping.moved(config))


async def _saved(
    request: Request,
    workspace_id: str,
    trigger_id: str,
    equip: Callable[[Equipping, WebhookConfig], Equipped],
) -> tuple[Trigger, list[str]]:
    """Save a webhook equipped otherwise; with the secrets that were drawn."""
    gateway: Gateway = gateway_of(request)
    drawn: list[str] = []

    def change(before: Trigger) -> Trigger:
        equipped = equip(Equipping(gateway.hooks.sealing, before.id, now_ms()), config_of(before))
        drawn[:] = equipped.drawn
        return before.model_copy(update={"config": equipped.config})

    trigger = await gateway.trigger(workspace_id, trigger_id)
    return await changed(gateway, trigger, change), drawn
