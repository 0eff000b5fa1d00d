"""What a workspace's plan says of its triggers."""

from services.gateway.parts import Gateway
from shared.contracts.trigger import Trigger


async def check_plan(gateway: Gateway, trigger: Trigger) -> None:
    """Before a trigger is created or becomes active; raises QuotaExceeded."""
    await gateway.quotas.allow_trigger(trigger.workspace_id, trigger.config.kind)
    if trigger.active:
        await gateway.quotas.activate(trigger.workspace_id, trigger.workflow_id)
