"""Rules about what does not finish, what does not happen, and what many runs come to: looked at by the clock.

Each rule is looked at by the planner that leads its partition, every `ROUND_S`; one whose figures have
changed also by whoever has seen that, soon. That several look does no harm."""

import time
from collections.abc import Callable, Sequence

from services.planner.alerting.finished import FinishedRuns
from services.planner.alerting.firing import Firing, Found
from services.planner.alerting.rules import (
    Occasion,
    in_silence,
    in_spending,
    in_unfinished,
    in_window,
    period_start,
    quiet_since,
    scopes,
)
from shared.contracts.alert import (
    AlertRule,
    ConditionKind,
    OnCost,
    OnFailureRate,
    OnNoSuccess,
    OnOverdue,
)
from shared.contracts.base import Millis
from shared.ids import now_ms
from shared.messaging.topology import partition_of
from shared.storage.alert_rules import AlertRules
from shared.storage.figures import Figures
from shared.storage.mongo import Store

ROUND_S = 30.0
OVERDUE_S = 5.0
TOUCHED_S = 3.0
"""A rule whose figures go on changing is not looked at more often."""
KINDS: tuple[ConditionKind, ...] = ("failure_rate", "cost", "no_success", "overdue")


class Looking:
    """Looks at the rules; to be called every second or so."""

    def __init__(
        self, store: Store, firing: Firing, finished: FinishedRuns, leads: Callable[[int], bool]
    ) -> None:
        self._rules = AlertRules(store)
        self._figures = Figures(store)
        self._firing = firing
        self._finished = finished
        self._leads = leads
        self._next: dict[str, float] = {}
        self._again: dict[str, float] = {}
        self._round_at = 0.0
        self._seen: dict[str, set[str]] = {}

    async def look(self) -> None:
        """Look at those whose turn it is, and tell what was fired and not told."""
        now = time.monotonic()
        held = {each for each in self._finished.touched if now < self._again.get(each, 0.0)}
        touched, self._finished.touched = self._finished.touched - held, held
        if not touched and now < self._round_at:
            return
        self._again = {**self._again, **dict.fromkeys(touched, now + TOUCHED_S)}
        self._round_at = now + OVERDUE_S
        await self._firing.mend()
        rules = [each for each in await self._rules.of_kinds(KINDS) if each.active]
        self._again = {each.id: self._again.get(each.id, 0.0) for each in rules}
        self._next = {each.id: self._next.get(each.id, 0.0) for each in rules}
        self._seen = {each.id: self._seen.get(each.id, set()) for each in rules}
        for rule in rules:
            due = self._leads(partition_of(rule.id)) and now >= self._next[rule.id]
            if due:
                every_s = OVERDUE_S if isinstance(rule.condition, OnOverdue) else ROUND_S
                self._next[rule.id] = now + every_s
            if due or rule.id in touched:
                found = await self._found(rule, now_ms())
                await self._firing.fire(found)
                self._seen[rule.id].update(each.run_id for _, each in found if each.run_id)

    async def _found(self, rule: AlertRule, now: Millis) -> Sequence[Found]:
        if isinstance(rule.condition, OnOverdue):
            return await self._overdue(rule, rule.condition, now)
        return [(rule, found) for scope in scopes(rule) if (found := await self._of_many(rule, scope, now))]

    async def _of_many(self, rule: AlertRule, scope: str, now: Millis) -> Occasion | None:
        where, figures = (rule.workspace_id, scope or None), self._figures
        match rule.condition:
            case OnFailureRate(window_s=window_s):
                return in_window(rule, scope, await figures.ends(*where, now - window_s * 1000), now)
            case OnCost(per="day" | "month") as condition:
                spent = await figures.spent_usd(*where, period_start(condition, now))
                return in_spending(rule, scope, spent, now)
            case OnNoSuccess() as condition:
                there = await figures.any_success(*where, quiet_since(condition, now))
                return in_silence(rule, scope, there, now)
            case _:
                return None

    async def _overdue(self, rule: AlertRule, condition: OnOverdue, now: Millis) -> Sequence[Found]:
        """Runs are read once each: those that were said before are passed over."""
        before = now - int(condition.after_s * 1000) + 1
        ids = await self._figures.unfinished(rule.workspace_id, rule.workflows, before)
        seen = self._seen[rule.id]
        seen.intersection_update(ids)
        runs = await self._figures.load([each for each in ids if each not in seen])
        seen.update(run.id for run in runs if run.dry)
        return [(rule, each) for run in runs if (each := in_unfinished(rule, run, now))]
