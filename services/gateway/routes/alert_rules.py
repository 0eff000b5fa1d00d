"""Rules: when whom to tell."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.alerting.inputs import AlertRuleChange, NewAlertRule, TestQuery
from services.gateway.alerting.resources import (
    AlertRulePage,
    AlertRuleResource,
    TestResource,
    delivery_shown,
    rule_shown,
)
from services.gateway.alerting.telling import send, settled, test_of
from services.gateway.documented import answers, takes
from services.gateway.errors import Fault, Refused, refusal
from services.gateway.identity.access import access_of, needs
from services.gateway.inputs import PageQuery
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response, page
from services.gateway.reading import read
from shared.contracts.alert import AlertRule
from shared.ids import new_id, now_ms

router = APIRouter(tags=["alerts"])


@router.post(
    "/alerts/rules",
    dependencies=[needs("alerts:write")],
    summary="Create an alert rule",
    status_code=201,
    responses=answers(403, 413, _201=(AlertRuleResource, "Created")),
    openapi_extra=takes(NewAlertRule),
)
async def create(request: Request, workspace_id: str) -> Response:
    """It counts a second later, for runs that finish from then on. What is true of a span of time
    (`failure_rate`, `no_success`) is said at most once in that time."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, NewAlertRule)
    await _check(request, gateway, workspace_id, wanted)
    now = now_ms()
    rule = AlertRule(
        id=new_id("rule"), workspace_id=workspace_id, rev=1, since=now, created_at=now, updated_at=now,
        **_fields(wanted),
    )  # fmt: skip
    await gateway.alert_rules.insert(rule)
    return json_response(rule_shown(rule), 201, {"Location": f"{request.url.path}/{rule.id}"})


@router.get(
    "/alerts/rules",
    dependencies=[needs("alerts:read")],
    summary="List alert rules",
    responses=answers(_200=(AlertRulePage, "The newest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[PageQuery, Query()]) -> Response:
    """Those that are not active as well."""
    rules = gateway_of(request).alert_rules
    found = await rules.page(workspace_id, before=query.cursor, limit=query.limit + 1)
    return json_response(page([rule_shown(each) for each in found], query.limit))


@router.get(
    "/alerts/rules/{rule_id}",
    dependencies=[needs("alerts:read")],
    summary="Get an alert rule",
    responses=answers(404, _200=(AlertRuleResource, "The rule")),
)
async def get(request: Request, workspace_id: str, rule_id: str) -> Response:
    """As it is now."""
    return json_response(rule_shown(await _rule(gateway_of(request), workspace_id, rule_id)))


@router.put(
    "/alerts/rules/{rule_id}",
    dependencies=[needs("alerts:write")],
    summary="Change an alert rule",
    responses=answers(403, 404, 409, 413, _200=(AlertRuleResource, "Saved as the next revision")),
    openapi_extra=takes(AlertRuleChange),
)
async def save(request: Request, workspace_id: str, rule_id: str) -> Response:
    """The whole rule, over revision `rev`. What it has fired before stays as it is."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, AlertRuleChange)
    await _check(request, gateway, workspace_id, wanted)
    before, now = await _rule(gateway, workspace_id, rule_id), now_ms()
    changed = {**_fields(wanted), "condition": wanted.condition, "rev": before.rev + 1, "updated_at": now}
    if not before.active or before.condition != wanted.condition:
        changed["since"] = now
    after = before.model_copy(update=changed)
    if wanted.rev != before.rev or not await gateway.alert_rules.save(after, over=before):
        raise Refused("stale_revision", "Somebody has saved this rule since: read it again, then change that")
    return json_response(rule_shown(after))


@router.delete(
    "/alerts/rules/{rule_id}",
    dependencies=[needs("alerts:write")],
    summary="Delete an alert rule",
    status_code=204,
    responses=answers(404),
)
async def delete(request: Request, workspace_id: str, rule_id: str) -> Response:
    """Its alerts stay."""
    gateway = gateway_of(request)
    if not await gateway.alert_rules.delete(workspace_id, rule_id):
        raise _no_rule(rule_id)
    await gateway.alert_states.forget(rule_id)
    return Response(status_code=204)


@router.post(
    "/alerts/rules/{rule_id}/test",
    dependencies=[needs("alerts:write")],
    summary="Test an alert rule",
    responses=answers(404, 409, _200=(TestResource, "What became of it on each channel")),
)
async def test(
    request: Request, workspace_id: str, rule_id: str, query: Annotated[TestQuery, Query()]
) -> Response:
    """Send a test notification to each of its channels, tried once. A delivery that still waits at the end is
    seen under `alerts/deliveries`."""
    gateway = gateway_of(request)
    rule = await _rule(gateway, workspace_id, rule_id)
    found = await gateway.alert_channels.load(workspace_id, rule.channels)
    if not found:
        raise Refused("no_channels", f"Rule {rule.name!r} has no channels to be tested")
    tests = [test_of(each, access_of(request).caller.name) for each in found]
    await send(gateway, tests)
    done = await settled(gateway.deliveries, tests, query.wait)
    return json_response({"deliveries": [delivery_shown(each) for each in done]})


async def _check(request: Request, gateway: Gateway, workspace_id: str, wanted: NewAlertRule) -> None:
    """Raises Refused unless its workflows and channels are there, and the caller may watch those."""
    access = access_of(request)
    if not wanted.workflows and not access.sees_all:
        raise Refused("forbidden", "Name its workflows: some of this workspace's are hidden from you")
    for workflow_id in wanted.workflows:
        access.need("alerts:write", workflow_id)
    workflows = await gateway.workflows.load(wanted.workflows) if wanted.workflows else {}
    here = {each.id for each in workflows.values() if each.workspace_id == workspace_id}
    channels = {each.id for each in await gateway.alert_channels.load(workspace_id, wanted.channels)}
    faults: list[Fault] = [
        {"path": f"{field}.{at}", "code": f"unknown_{what}", "message": f"there is no {what} {each!r} here"}
        for field, what, ids, known in (
            ("workflows", "workflow", wanted.workflows, here),
            ("channels", "channel", wanted.channels, channels),
        )
        for at, each in enumerate(ids)
        if each not in known
    ]
    if faults:
        raise refusal("unknown_reference", faults)


def _fields(wanted: NewAlertRule) -> dict:
    names = ("name", "condition", "severity", "cooldown_s", "active")
    lists = {name: list(dict.fromkeys(getattr(wanted, name))) for name in ("workflows", "channels")}
    return {**{name: getattr(wanted, name) for name in names}, **lists}


async def _rule(gateway: Gateway, workspace_id: str, rule_id: str) -> AlertRule:
    rule = await gateway.alert_rules.get(workspace_id, rule_id)
    if rule is None:
        raise _no_rule(rule_id)
    return rule


def _no_rule(rule_id: str) -> Refused:
    return Refused("not_found", f"There is no alert rule {rule_id!r} here")
