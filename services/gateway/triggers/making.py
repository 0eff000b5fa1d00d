"""Triggers made and changed: what they need to exist, and when they are due next."""

from collections.abc import Callable

from services.gateway.errors import Refused
from services.gateway.hooks.equipping import Equipping
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway
from services.gateway.triggers.inputs import ConfigInput, NewTrigger, TriggerChange
from services.gateway.triggers.named import check_names
from services.gateway.triggers.planned import check_plan
from services.gateway.triggers.webhook_inputs import WebhookInput
from shared.contracts.base import Millis
from shared.contracts.trigger import ContinuousConfig, ScheduleConfig, Trigger
from shared.contracts.webhook import WebhookConfig
from shared.cron import next_time
from shared.ids import new_id, now_ms

MOST_TRIES = 20


async def made(gateway: Gateway, access: Access, wanted: NewTrigger) -> tuple[Trigger, list[str]]:
    """Insert a trigger; with the secrets that were drawn for it. Raises Refused when what it names is not
    there, or not for this caller."""
    access.need("triggers:write", wanted.workflow_id)
    now = now_ms()
    trigger = Trigger(
        id=new_id("trg"),
        workspace_id=access.workspace_id,
        workflow_id=wanted.workflow_id,
        active=wanted.active,
        created_at=now,
        updated_at=now,
        created_by=access.caller.name,
        **wanted.stored(),
    )
    await check_names(gateway, access, trigger)
    await check_plan(gateway, trigger)
    trigger, drawn = _equipped(gateway, trigger, wanted.config, None)
    trigger = armed(trigger, now)
    await gateway.triggers.insert(trigger)
    return trigger, drawn


async def replaced(
    gateway: Gateway, access: Access, trigger: Trigger, wanted: TriggerChange
) -> tuple[Trigger, list[str]]:
    """Save what is wanted over revision `rev`; with the secrets that were drawn for it. Raises Refused."""
    if wanted.config.kind != trigger.config.kind:
        raise Refused(
            "not_possible",
            f"config.kind: trigger {trigger.id!r} is of kind {trigger.config.kind!r}; create another one",
        )
    stored = wanted.stored()
    await check_names(gateway, access, trigger.model_copy(update=stored))
    drawn: list[str] = []

    def change(before: Trigger) -> Trigger:
        if before.rev != wanted.rev:
            raise Refused(
                "stale_revision",
                f"The trigger is at revision {before.rev}, not {wanted.rev}: read it again, save over that",
            )
        active = before.active if wanted.active is None else wanted.active
        after = before.model_copy(update={**stored, "active": active})
        after, drawn[:] = _equipped(gateway, after, wanted.config, before)
        same = before.active == active and before.config == after.config
        return after if same else armed(after, now_ms())

    return await changed(gateway, trigger, change), drawn


def _equipped(
    gateway: Gateway, trigger: Trigger, wanted: ConfigInput, before: Trigger | None
) -> tuple[Trigger, list[str]]:
    """The trigger with what a webhook needs besides, and the secrets that were drawn for it."""
    if not isinstance(wanted, WebhookInput):
        return trigger, []
    was = before.config if before and isinstance(before.config, WebhookConfig) else None
    equipped = Equipping(gateway.hooks.sealing, trigger.id, now_ms()).equip(wanted, was)
    return trigger.model_copy(update={"config": equipped.config}), equipped.drawn


async def switched(gateway: Gateway, trigger: Trigger, *, active: bool) -> Trigger:
    """Pause or resume it; nothing changes when it is so already."""

    def change(before: Trigger) -> Trigger:
        return before if before.active == active else armed(
            before.model_copy(update={"active": active}), now_ms()
        )  # fmt: skip

    return await changed(gateway, trigger, change)


async def changed(gateway: Gateway, trigger: Trigger, change: Callable[[Trigger], Trigger]) -> Trigger:
    """Save a change of what people set. What the planner notes of it meanwhile does not count as one."""
    for _ in range(MOST_TRIES):
        before = await gateway.trigger(trigger.workspace_id, trigger.id)
        after = change(before)
        if after == before:
            return before
        if after.active and not before.active:
            await check_plan(gateway, after)
        after = after.model_copy(update={"rev": before.rev + 1, "updated_at": now_ms()})
        if saved := await gateway.triggers.save(after, over=before):
            await gateway.trigger_changed(before)
            return saved
    raise Refused("stale_revision", "This trigger keeps being changed; read it again and retry")


def armed(trigger: Trigger, now: Millis) -> Trigger:
    """The trigger as it is after it was switched on or off, or its config changed: what came before is
    forgotten, and it is due when it has to be."""
    due = None
    if trigger.live and isinstance(trigger.config, ScheduleConfig):
        due = next_time(trigger.config, now)
    elif trigger.live and isinstance(trigger.config, ContinuousConfig):
        due = now
    forgotten = {"failures": 0, "failure": None} if trigger.live else {}
    return trigger.model_copy(update={"next_at": due, **forgotten})
