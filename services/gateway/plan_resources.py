"""Plans and what is used of them, as they are shown."""

from typing import Any

from pydantic import BaseModel

from services.gateway.parts import Gateway
from services.gateway.present import iso
from shared.contracts.identity import Workspace
from shared.contracts.plan import Plan
from shared.counting import end_of, month_of
from shared.ids import now_ms


class PlanResource(Plan):
    """A plan. A limit that is null does not limit anything."""

    name: str


class PlanList(BaseModel):
    """All plans."""

    items: list[PlanResource]


class Used(BaseModel):
    """What is used, and how much may be; null is without limit."""

    used: int
    limit: int | None


class RunsUsed(Used):
    """Runs started in a month (UTC), and when the count begins anew."""

    month: str
    resets_at: str


class UsageResource(BaseModel):
    """What a workspace uses of what its plan allows."""

    plan: PlanResource
    runs_per_month: RunsUsed
    active_workflows: Used


def plan_shown(name: str, plan: Plan) -> dict[str, Any]:
    """A plan under its name."""
    return {"name": name, **plan.model_dump(mode="json")}


async def usage_shown(gateway: Gateway, workspace: Workspace) -> dict[str, Any]:
    """Counted now."""
    now, plan = now_ms(), await gateway.quotas.plan(workspace.id)
    return {
        "plan": plan_shown(workspace.plan, plan),
        "runs_per_month": {
            "used": await gateway.quotas.runs_used(workspace.id, now),
            "limit": plan.runs_per_month,
            "month": month_of(now),
            "resets_at": iso(end_of(now)),
        },
        "active_workflows": {
            "used": await gateway.quotas.active_workflows(workspace.id),
            "limit": plan.active_workflows,
        },
    }
