"""From a request to a webhook to a run: stored, started, answered."""

import re
from dataclasses import replace

import orjson
from fastapi import Request, Response

from services.gateway.errors import Refused, problem
from services.gateway.hooks.answering import Answering, filtered_answer
from services.gateway.hooks.arriving import Arrival, arrived, blank, kept
from services.gateway.hooks.proving import Unproven
from services.gateway.parts import Gateway
from services.gateway.pinned import Pinned
from services.gateway.starting import Order, published
from shared.conditions import unmet
from shared.contracts.hook_event import OPEN, HookEvent, HookMode
from shared.contracts.run import Cause
from shared.contracts.trigger import Condition, Trigger
from shared.contracts.value import to_json
from shared.contracts.webhook import BasicAuth, WebhookConfig
from shared.hooked import hooked_again
from shared.mapping import mapped
from shared.occasions import Event
from shared.starting import fired_id
from shared.storage.trouble import certainly

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
UNREADY = ("not_published", "not_found", "invalid_graph")


async def receive(gateway: Gateway, request: Request, token: str, mode: HookMode) -> Response:
    """The answer to a request. Raises Refused."""
    trigger, config = await _addressed(gateway, token, mode)
    if request.method not in config.methods:
        allowed = ", ".join(config.methods)
        told = Refused("method_not_allowed", f"{request.method} is not possible here; allowed: {allowed}")
        return problem(told, request.scope, {"Allow": allowed})
    event = blank(request, trigger, config, mode)
    try:
        arrival = await arrived(gateway, request, trigger, event)
    except Unproven as why:
        await gateway.hooks.note(event.model_copy(update={"reason": str(why)}))
        return _unproven(request, config)
    except Refused as refused:
        await gateway.hooks.note(event.model_copy(update={"reason": refused.detail}))
        raise
    if condition := unmet(arrival.value, trigger.conditions):
        return await _filtered(gateway, arrival, condition)
    pinned = await _pinned_or_noted(gateway, trigger, arrival)
    return await _accepted(gateway, trigger, config, arrival, pinned)


async def _addressed(gateway: Gateway, token: str, mode: HookMode) -> tuple[Trigger, WebhookConfig]:
    """The webhook at an address. Whatever is wrong with it, the answer is the same."""
    trigger = await gateway.hooks.at(token) if TOKEN.fullmatch(token) else None
    if trigger is None or not isinstance(trigger.config, WebhookConfig):
        raise _nothing()
    if mode == "live" and not trigger.live:
        raise _nothing()
    return trigger, trigger.config


def _nothing() -> Refused:
    return Refused("not_found", "There is no such webhook: the address is incomplete, paused, or not ours")


def _unproven(request: Request, config: WebhookConfig) -> Response:
    scheme = 'Basic realm="weft"' if isinstance(config.auth, BasicAuth) else 'Webhook realm="weft"'
    told = Refused("unauthorized", "This webhook could not make sure that it is you who has sent this")
    return problem(told, request.scope, {"WWW-Authenticate": scheme})


async def _filtered(gateway: Gateway, arrival: Arrival, condition: Condition) -> Response:
    reason = f"{condition.path} {condition.operator} {condition.value}"[:500]
    event = await kept(gateway, arrival, "filtered", reason)
    await certainly(lambda: gateway.hooks.events.insert(event))
    return filtered_answer(event)


async def _pinned_or_noted(gateway: Gateway, trigger: Trigger, arrival: Arrival) -> Pinned:
    """What to run. An event that comes while there is nothing is kept, to be replayed; sent again with the
    same id, it is a new one."""
    try:
        return await pinned_for(gateway, trigger, arrival.event.mode)
    except Refused as refused:
        if refused.code not in UNREADY:
            raise
        event = await kept(gateway, arrival, "refused", refused.detail)
        await gateway.hooks.note(event.model_copy(update={"id": f"evt_{event.order}"}))
        raise Refused("hook_not_ready", "This webhook has nothing to start at the moment") from refused


async def pinned_for(gateway: Gateway, trigger: Trigger, mode: HookMode) -> Pinned:
    """The version to run, or for a test the draft as it is now; raises Refused."""
    if mode == "live":
        return await published(gateway, trigger.workspace_id, trigger.workflow_id, trigger.version)
    workflow = await gateway.workflow(trigger.workspace_id, trigger.workflow_id)
    pinned = await gateway.pinned.ad_hoc(trigger.workspace_id, orjson.loads(workflow.graph))
    return replace(pinned, workflow_id=workflow.id)


async def _accepted(
    gateway: Gateway, trigger: Trigger, config: WebhookConfig, arrival: Arrival, pinned: Pinned
) -> Response:
    await gateway.reach_broker()
    event = opened(await kept(gateway, arrival, "accepted"))
    answering, value = Answering(gateway, config.respond), arrival.value
    if await certainly(lambda: gateway.hooks.events.insert(event)):
        return await answering.to(event, order_for(trigger, event, value, pinned))
    before = await gateway.hooks.events.get(event.workspace_id, event.trigger_id, event.id)
    if before is None or before.outcome != "accepted":
        return filtered_answer(before or event)
    kept_text = await gateway.payloads.text(before.body)
    order = order_for(trigger, before, hooked_again(trigger, before, kept_text), pinned)
    return await answering.again(before, order)


def opened(event: HookEvent) -> HookEvent:
    """The event with the id of the run that it starts. Tests are not completed after a crash."""
    run_id = fired_id(event.trigger_id, event.id, event.received_at)
    return event.model_copy(update={"run_id": run_id, "open": OPEN if event.mode == "live" else ""})


def order_for(
    trigger: Trigger, event: HookEvent, value: Event, pinned: Pinned, by: str | None = None
) -> Order:
    """The run for an event."""

    async def pin() -> Pinned:
        return pinned

    return Order(
        workspace_id=trigger.workspace_id,
        pin=pin,
        input=to_json(mapped(value, trigger.mapping)),
        lane=trigger.lane,
        wait_s=0,
        raw=b"",
        trace=event.traceparent,
        cause=Cause(kind="webhook", id=trigger.id, by=by),
        run_id=event.run_id or "",
    )
