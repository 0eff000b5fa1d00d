"""What rules have to say of runs that finish: asked of every batch, after the planner has told their ends."""

import time
from collections import defaultdict
from collections.abc import Collection, Sequence

from services.planner.alerting.firing import Firing
from services.planner.alerting.rules import in_finished
from shared.contracts.alert import AlertRule, OnCost, OnFailureRate
from shared.contracts.run import Run
from shared.storage.alert_rules import AlertRules
from shared.storage.mongo import Store

KNOWN_S = 1.0
"""A rule counts from so long after it was saved: a busy planner asks for a workspace's rules once in that."""
MOST_KNOWN = 10_000


class FinishedRuns:
    """The hook. `touched` collects the rules about many runs whose figures may have changed: they are looked
    at soon, but not in the way of runs."""

    def __init__(self, store: Store, firing: Firing) -> None:
        self._rules = AlertRules(store)
        self._firing = firing
        self._known: dict[str, tuple[float, list[AlertRule]]] = {}
        self.touched: set[str] = set()

    async def see(self, runs: Sequence[Run]) -> None:
        """Fire what these runs give rise to; seeing them again changes nothing."""
        tops = [run for run in runs if run.level == "top" and not run.dry]
        if not tops:
            return
        rules = await self._of({run.workspace_id for run in tops})
        pairs = [(rule, run) for run in tops for rule in rules[run.workspace_id]]
        self.touched.update(rule.id for rule, run in pairs if _touches(rule, run))
        found = [(rule, seen) for rule, run in pairs if (seen := in_finished(rule, run))]
        await self._firing.fire(found)

    async def _of(self, workspace_ids: Collection[str]) -> dict[str, list[AlertRule]]:
        """The rules by workspace."""
        now = time.monotonic()
        stale = [each for each in workspace_ids if now - self._known.get(each, (-KNOWN_S, []))[0] >= KNOWN_S]
        if stale:
            found = defaultdict[str, list[AlertRule]](list)
            for rule in await self._rules.of(stale):
                found[rule.workspace_id].append(rule)
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            self._known.update({each: (now, found[each]) for each in stale})
        return {each: self._known[each][1] for each in workspace_ids}


def _touches(rule: AlertRule, run: Run) -> bool:
    """Whether this run can make figures over many runs worse."""
    if not rule.active or not rule.concerns(run.workflow_id):
        return False
    condition = rule.condition
    if isinstance(condition, OnCost):
        return condition.per != "run" and run.usage.cost_usd > 0
    return isinstance(condition, OnFailureRate) and run.status == "failed"
