"""Triggers and their times as callers see them."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from services.gateway.present import Shown, failure_shown, iso
from services.gateway.triggers.webhook_resources import webhook_shown
from shared.contracts.base import Millis
from shared.contracts.trigger import MissedTimes, ScheduleConfig, Trigger
from shared.contracts.webhook import WebhookConfig


def trigger_shown(trigger: Trigger) -> Shown:
    """A trigger as a resource."""
    paths = trigger.mapping
    same = trigger.model_dump(
        include={
            "id",
            "workflow_id",
            "name",
            "active",
            "held",
            "version",
            "lane",
            "rev",
            "last_run_id",
            "failures",
        }
    )
    return {
        **same,
        "kind": trigger.config.kind,
        "config": _config_shown(trigger),
        "mapping": None if paths is None else {each.key: each.path for each in paths},
        "conditions": [
            {"path": each.path, "operator": each.operator, "value": orjson.Fragment(each.value)}
            for each in trigger.conditions
        ],
        "next_at": iso(trigger.next_at),
        "last_at": iso(trigger.last_at),
        "failure": failure_shown(trigger.failure),
        "missed": _missed_shown(trigger.missed),
        "created_at": iso(trigger.created_at),
        "updated_at": iso(trigger.updated_at),
        "created_by": trigger.created_by,
    }


def _config_shown(trigger: Trigger) -> Shown:
    config = trigger.config
    if isinstance(config, WebhookConfig):
        return webhook_shown(trigger, config)
    if isinstance(config, ScheduleConfig):
        dumped = config.model_dump(exclude={"from_at", "until_at"})
        return {**dumped, "from": iso(config.from_at), "until": iso(config.until_at)}
    return config.model_dump()


def _missed_shown(missed: MissedTimes | None) -> Shown | None:
    if missed is None:
        return None
    return {**missed.model_dump(), "first_at": iso(missed.first_at), "last_at": iso(missed.last_at)}


def times_shown(timezone: str, at: Sequence[Millis]) -> Shown:
    """Times in UTC and by the clock of the zone."""
    zone = ZoneInfo(timezone)
    shown = [{"at": iso(each), "local": datetime.fromtimestamp(each / 1000, zone).isoformat()} for each in at]
    return {"timezone": timezone, "times": shown}
