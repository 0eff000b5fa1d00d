"""Plans, and what a workspace uses of its own."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import SIGNED_IN, needs
from services.gateway.parts import Gateway, gateway_of
from services.gateway.plan_inputs import PlanChange
from services.gateway.plan_resources import PlanList, UsageResource, plan_shown, usage_shown
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.contracts.identity import Workspace

MOST_TRIES = 10

router = APIRouter(tags=["usage"])
plans_router = APIRouter(tags=["usage"])


@router.get(
    "/usage",
    dependencies=[needs("usage:read")],
    summary="See what is used of the plan",
    responses=answers(404, _200=(UsageResource, "Against each limit")),
)
async def usage(request: Request, workspace_id: str) -> Response:
    """Runs are those started in this month (UTC), without child runs and dry ones; a workflow is active when
    it has an active trigger."""
    gateway = gateway_of(request)
    return json_response(await usage_shown(gateway, await _workspace(gateway, workspace_id)))


@plans_router.get(
    "/plans",
    dependencies=[SIGNED_IN],
    summary="List plans",
    responses=answers(_200=(PlanList, "By name")),
)
async def plans(request: Request) -> Response:
    """All that a workspace can have here."""
    found = sorted(gateway_of(request).quotas.plans.items())
    return json_response({"items": [plan_shown(name, plan) for name, plan in found]})


@plans_router.put(
    "/workspace-plans/{workspace}",
    dependencies=[needs("platform")],
    summary="Change a workspace's plan",
    responses=answers(404, 409, 413, _200=(UsageResource, "The plan holds; what is used of it")),
    openapi_extra=takes(PlanChange),
)
async def change(request: Request, workspace: str) -> Response:
    """For owners of the installation, members or not. It counts for what is started from now on;
    what is there already stays."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, PlanChange)
    if wanted.plan not in gateway.quotas.plans:
        known = ", ".join(sorted(gateway.quotas.plans))
        raise Refused("unknown_plan", f"plan: there is no plan {wanted.plan!r}; there are {known}")
    for _ in range(MOST_TRIES):
        before = await _workspace(gateway, workspace)
        after = before.model_copy(update={"plan": wanted.plan, "rev": before.rev + 1})
        if await gateway.directory.workspaces.save(after):
            await gateway.access_changed()
            return json_response(await usage_shown(gateway, after))
    raise Refused("stale_revision", "Others keep changing this workspace; please try again")


async def _workspace(gateway: Gateway, workspace_id: str) -> Workspace:
    found = await gateway.directory.workspaces.get(workspace_id)
    if found is None:
        raise Refused("not_found", f"There is no workspace {workspace_id!r}")
    return found
