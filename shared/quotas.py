"""What a workspace's plan allows: one door for each limit. A workspace whose plan limits nothing costs
nothing here but the look at its plan, which is remembered for a moment."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from shared.contracts.base import Millis
from shared.contracts.identity import Workspace
from shared.contracts.plan import NO_PLAN, Plan
from shared.contracts.run import Run, TriggerKind
from shared.counting import Counting, end_of
from shared.ids import now_ms
from shared.plans import Plans
from shared.storage.mongo import Store
from shared.storage.quotas import QuotaStore

CLAIM_MS = 60_000
"""So long a workflow counts as active whose trigger is not stored: it is being stored, or never was."""

WorkspaceOf = Callable[[str], Awaitable[Workspace | None]]


class QuotaExceeded(Exception):
    """The plan does not allow it; says which plan, how much it allows, how much is used. `limit` names the
    limit."""

    code = "quota_exceeded"

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class Quotas:
    """The doors. Runs are counted in the month in which they start; dry runs and child runs do not count."""

    def __init__(self, store: Store, plans: Plans, workspace_of: WorkspaceOf) -> None:
        self.plans = plans
        self._workspace_of = workspace_of
        self._store = QuotaStore(store)
        self._counting = Counting(self._store)

    async def plan(self, workspace_id: str) -> Plan:
        """The plan that holds for a workspace. One that is not there has none to be limited by: nobody gets
        into it."""
        workspace = await self._workspace_of(workspace_id)
        return self.plans.get(workspace.plan, NO_PLAN) if workspace else Plan(title="")

    async def admitted(self, run: Run) -> Run:
        """A run that is about to be inserted, counted, with what its plan says of it. Asked again for the
        same run, nothing more is counted. Raises QuotaExceeded."""
        plan = await self.plan(run.workspace_id)
        _check_kind(plan, run.trigger.kind)
        if plan.runs_per_month is not None and not run.dry:
            now = now_ms()
            used = await self._counting.take(run.workspace_id, run.id, plan.runs_per_month, now)
            if used is not None:
                raise QuotaExceeded("runs_per_month", _too_many_runs(plan, used, now))
        if plan.max_parallel is None:
            return run
        return run.model_copy(update={"max_parallel": plan.max_parallel})

    async def activate(self, workspace_id: str, workflow_id: str) -> None:
        """Before a trigger of this workflow becomes active. Raises QuotaExceeded."""
        plan = await self.plan(workspace_id)
        if (most := plan.active_workflows) is None:
            return
        while True:
            now, claims = now_ms(), await self._store.claims(workspace_id)
            young = {each: at for each, at in claims.at.items() if now - at < CLAIM_MS}
            active = await self._store.active_workflows(workspace_id) | young.keys()
            if workflow_id not in active and len(active) >= most:
                said = f"{_allows(plan, most, 'active workflow')}, and {len(active)} have an active trigger: "
                raise QuotaExceeded(
                    "active_workflows", said + "pause the triggers of one, or change the plan"
                )
            wanted = claims.model_copy(update={"at": {**young, workflow_id: now}})
            if await self._store.save(wanted):
                return

    async def allow_trigger(self, workspace_id: str, kind: TriggerKind) -> None:
        """Before a trigger of this kind is created or becomes active. Raises QuotaExceeded."""
        _check_kind(await self.plan(workspace_id), kind)

    async def allow_sharing(self, workspace_id: str) -> None:
        """Before somebody is invited, or anything is shared. Raises QuotaExceeded."""
        plan = await self.plan(workspace_id)
        if not plan.sharing:
            raise QuotaExceeded("sharing", f"The plan {plan.title} does not allow sharing with others")

    async def runs_used(self, workspace_id: str, now: Millis) -> int:
        """Runs started this month."""
        return await self._counting.used(workspace_id, now)

    async def active_workflows(self, workspace_id: str) -> int:
        """How many workflows have an active trigger."""
        return len(await self._store.active_workflows(workspace_id))


def _check_kind(plan: Plan, kind: TriggerKind) -> None:
    if plan.triggers is not None and kind not in plan.triggers:
        raise QuotaExceeded(
            "triggers", f"The plan {plan.title} allows no {kind} triggers; it has {_listed(plan.triggers)}"
        )


def _too_many_runs(plan: Plan, used: int, now: Millis) -> str:
    most = plan.runs_per_month or 0
    if not most:
        return f"The plan {plan.title} allows no runs but dry ones: change the plan"
    again = f"{datetime.fromtimestamp(end_of(now) / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    said = f"{_allows(plan, most, 'run')} a month, and {used} have been started in this one"
    return f"{said}: the count begins anew at {again}, or change the plan"


def _allows(plan: Plan, most: int, what: str) -> str:
    return f"The plan {plan.title} allows {most or 'no'} {what}{'' if most == 1 else 's'}"


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(kinds) or "none"
