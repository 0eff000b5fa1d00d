"""What a trigger names: workflows and a version."""

from services.gateway.errors import Refused
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway
from services.gateway.pinned import version_id
from shared.contracts.trigger import FollowConfig, Trigger


async def check_names(gateway: Gateway, access: Access, trigger: Trigger) -> None:
    """Raises Refused unless the workflows and the version that it names are there, and the caller may read
    the runs that it follows: their outputs become inputs."""
    workflow = await gateway.workflow(trigger.workspace_id, trigger.workflow_id)
    if trigger.version is not None:
        wanted = version_id(workflow.id, trigger.version)
        if await gateway.pinned.get(trigger.workspace_id, wanted) is None:
            raise Refused("not_found", f"version: workflow {workflow.id!r} has no version {trigger.version}")
    if isinstance(trigger.config, FollowConfig):
        await _check_followed(gateway, access, trigger, trigger.config.workflow_id)


async def _check_followed(
    gateway: Gateway, access: Access, trigger: Trigger, workflow_id: str | None
) -> None:
    access.need("runs:read", workflow_id)
    if workflow_id is None:
        if not access.sees_all:
            told = "config.workflow_id: some workflows here are not for you to read; name the one to follow"
            raise Refused("forbidden", told)
        return
    if workflow_id == trigger.workflow_id:
        raise Refused(
            "not_possible",
            "config.workflow_id: a workflow cannot follow itself; a `continuous` trigger runs it again and "
            "again",
        )
    await gateway.workflow(trigger.workspace_id, workflow_id)
