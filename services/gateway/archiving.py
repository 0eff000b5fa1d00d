"""Workflows put away, and taken up again, together with the triggers that start them."""

import asyncio

from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from services.gateway.triggers.making import armed
from shared.contracts.trigger import Trigger
from shared.ids import now_ms
from shared.storage.workflows import Workflow

MOST_TRIES = 20
AT_ONCE = 100


async def hold_triggers(gateway: Gateway, workflow: Workflow) -> None:
    """Once the workflow is archived. One that is overlooked, because it is being created just now or this
    process dies, is held by the first planner that would have it start something."""
    found = await _triggers(gateway, workflow)
    await asyncio.gather(*(_save(gateway, each, held=True) for each in found if not each.held))


async def restored(gateway: Gateway, workspace_id: str, workflow_id: str) -> Workflow:
    """The workflow as it was, and its triggers, unless somebody had paused them. May be asked for again when
    it was cut off. Raises Refused, or QuotaExceeded."""
    for _ in range(MOST_TRIES):
        before = await gateway.workflows.get(workspace_id, workflow_id)
        if before is None:
            raise Refused("not_found", f"There is no workflow {workflow_id!r} here, not even an archived one")
        triggers = await _triggers(gateway, before)
        if any(each.active for each in triggers):
            await gateway.quotas.activate(workspace_id, workflow_id)
        changes = {"state": "active", "rev": before.rev + 1, "updated_at": now_ms()}
        after = before.model_copy(update=changes) if before.state == "archived" else before
        if after is before or await gateway.save_workflow(after, over=before):
            found = await _triggers(gateway, after)
            await asyncio.gather(*(_save(gateway, each, held=False) for each in found))
            return after
    raise Refused("stale_revision", "Others keep changing this workflow; please try again")


async def _triggers(gateway: Gateway, workflow: Workflow) -> list[Trigger]:
    found: list[Trigger] = []
    before: str | None = None
    pages, workspace_id = gateway.triggers.page, workflow.workspace_id
    while page := await pages(workspace_id, before=before, limit=AT_ONCE, workflow_id=workflow.id):
        found += page
        before = page[-1].id
    return found


async def _save(gateway: Gateway, trigger: Trigger, *, held: bool) -> None:
    """Save it in any case: what a planner has read before must not be saved over this."""
    found: Trigger | None = trigger
    for _ in range(MOST_TRIES):
        if found is None:
            return
        after = armed(found.model_copy(update={"held": held}), now_ms())
        if await gateway.triggers.save(after, over=found):
            await gateway.trigger_changed(after)
            return
        found = await gateway.triggers.get(trigger.workspace_id, trigger.id)
    raise Refused("stale_revision", f"Trigger {trigger.id!r} keeps being changed; please try again")
