"""Runs that somebody has a trigger start: one now, or one for each time of a schedule that has none."""

from itertools import islice, takewhile

from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from services.gateway.pinned import Pinned
from services.gateway.present import Shown, iso, millis
from services.gateway.starting import Order, published
from services.gateway.triggers.inputs import Backfill, Fire
from shared.conditions import unmet
from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.run import Cause
from shared.contracts.trigger import ContinuousConfig, ScheduleConfig, Trigger
from shared.contracts.value import to_json
from shared.cron import times
from shared.firing import Occasion
from shared.ids import now_ms
from shared.mapping import mapped
from shared.occasions import Event, continued, scheduled
from shared.starting import scheduled_id

MOST_TIMES = 500


def fired(
    gateway: Gateway, trigger: Trigger, wanted: Fire, *, raw: bytes, trace: str, wait_s: float, by: str
) -> Order:
    """The run that the trigger starts for this event; raises Refused when its conditions are not met."""
    event = _event_now(trigger) if wanted.event is None else wanted.event
    if condition := unmet(event, trigger.conditions):
        told = f"{condition.path} {condition.operator} {condition.value}"[:500]
        raise Refused("conditions_unmet", f"The event does not meet a condition of this trigger: {told}")

    async def pin() -> Pinned:
        return await published(gateway, trigger.workspace_id, trigger.workflow_id, trigger.version)

    return Order(
        workspace_id=trigger.workspace_id,
        pin=pin,
        input=to_json(mapped(event, trigger.mapping)),
        lane=trigger.lane,
        wait_s=wait_s,
        raw=raw,
        trace=trace,
        cause=Cause(kind=trigger.config.kind, id=trigger.id, by=by),
    )


def _event_now(trigger: Trigger) -> Event:
    if isinstance(trigger.config, ScheduleConfig):
        return scheduled(trigger, now_ms(), previous=trigger.last_at)
    if isinstance(trigger.config, ContinuousConfig):
        return continued(trigger, None)
    kind = trigger.config.kind
    raise Refused("not_possible", f"event: send one; what a {kind!r} trigger is told comes from outside")


async def backfilled(gateway: Gateway, trigger: Trigger, wanted: Backfill, *, by: str, trace: str) -> Shown:
    """Start a run for each of the times that has none; raises Refused when there are too many of them."""
    at = _times_between(trigger, wanted)
    await gateway.reach_broker()
    await published(gateway, trigger.workspace_id, trigger.workflow_id, trigger.version)
    occasions = [
        Occasion(
            trigger,
            scheduled_id(trigger.id, each),
            scheduled(trigger, each, previous=before, backfill=True),
            by=by,
            trace=trace,
        )
        for before, each in zip([None, *at], at, strict=False)
    ]
    outcomes = await gateway.firing.start(occasions)
    for outcome in outcomes.values():
        if isinstance(outcome, Failure):
            raise Refused(outcome.code, outcome.message)
    begun = [each.run_id for each in occasions if outcomes[each.run_id] == "started"]
    there = sum(outcome == "there" for outcome in outcomes.values())
    return {"started": len(begun), "there": there, "unmet": len(at) - len(begun) - there, "run_ids": begun}


def _times_between(trigger: Trigger, wanted: Backfill) -> list[Millis]:
    config = schedule_of(trigger)
    first, last = millis(wanted.from_) or 0, millis(wanted.to) or 0
    if first > last:
        raise Refused("not_possible", "from: it lies after `to`")
    if last > now_ms():
        raise Refused("not_possible", "to: it lies in the future; what is to come is started by itself")
    found = list(islice(takewhile(lambda at: at <= last, times(config, first - 1)), MOST_TIMES + 1))
    if len(found) > MOST_TIMES:
        raise Refused(
            "too_many_times",
            f"There are more than {MOST_TIMES} times in between: ask for them piece by piece, at first up to "
            f"{iso(found[MOST_TIMES - 1])}",
        )
    return found


def schedule_of(trigger: Trigger) -> ScheduleConfig:
    """The schedule of a trigger; raises Refused when it has none."""
    if not isinstance(trigger.config, ScheduleConfig):
        raise Refused(
            "no_schedule", f"Trigger {trigger.id!r} is of kind {trigger.config.kind!r}: it has no times"
        )
    return trigger.config
