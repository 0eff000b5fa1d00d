"""From an occasion to an alert that is on its way, once, however many planners have seen it.

Where there is a pause to be kept, whoever replaces the rule's state has fired; the alert is kept in there,
and never replaced by another before it is told. A crash in between leaves a state that is not told: `mend`
does that, in any planner. Without a pause the alert's id, which follows from the run, is enough."""

from collections import defaultdict
from collections.abc import Sequence

from services.planner.alerting.notices import deliveries_of
from services.planner.alerting.rules import Occasion, alert_of, pause_ms
from shared.contracts.alert import Alert, AlertRule
from shared.ids import now_ms
from shared.storage.alert_states import AlertState, AlertStates
from shared.storage.alerts import Alerts
from shared.storage.deliveries import Deliveries
from shared.storage.mongo import Store
from shared.storage.workflows import Workflows
from shared.telemetry import logger

MOST_TRIES = 20
AT_ONCE = 100

Found = tuple[AlertRule, Occasion]


class Firing:
    """Fires alerts, and starts their deliveries."""

    def __init__(self, store: Store, *, public_url: str) -> None:
        self._states = AlertStates(store)
        self._alerts = Alerts(store)
        self._deliveries = Deliveries(store)
        self._workflows = Workflows(store)
        self._public_url = public_url

    async def fire(self, found: Sequence[Found]) -> None:
        """Fire as far as pauses allow; harmless to repeat."""
        if not found:
            return
        workflows = await self._workflows.load(list({each.scope for _, each in found if each.scope}))
        names = {workflow.id: workflow.name for workflow in workflows.values()}
        made = [(rule, each, alert_of(rule, each, names.get(each.scope))) for rule, each in found]
        known = await self._alerts.present([alert.id for *_, alert in made])
        free: list[Alert] = []
        paused: defaultdict[tuple[str, str], list[tuple[AlertRule, Occasion, Alert]]] = defaultdict(list)
        for rule, each, alert in made:
            if alert.id in known:
                free.append(alert)  # a crash may have come before its deliveries
            elif each.run_id and not pause_ms(rule):
                free.append(alert)
            else:
                paused[rule.id, each.scope].append((rule, each, alert))
        await self._tell(free)
        for first, *_ in paused.values():  # the others fall into its pause
            await self._fire_paused(*first)

    async def mend(self) -> None:
        """Tell what a planner has fired and may not have told."""
        for state in await self._states.untold(AT_ONCE):
            await self._tell_state(state)

    async def _fire_paused(self, rule: AlertRule, occasion: Occasion, alert: Alert) -> None:
        state_id = f"{rule.id}:{occasion.scope}"
        for _ in range(MOST_TRIES):
            state, now = await self._states.get(state_id), now_ms()
            if state and state.told == "no":
                await self._tell_state(state)
                continue
            if state and not _may_fire(state, rule, occasion, now):
                return
            after = AlertState(
                id=state_id,
                workspace_id=rule.workspace_id,
                rule_id=rule.id,
                rev=state.rev + 1 if state else 1,
                key=occasion.key,
                fired_at=now,
                last=alert,
            )
            if await self._states.save(after, over=state):
                logger.info("alert.fired", alert_id=alert.id, rule_id=rule.id, run_id=alert.run_id)
                await self._tell_state(after)
                return
        logger.warning("alert.contended", rule_id=rule.id, alert_id=alert.id)

    async def _tell_state(self, state: AlertState) -> None:
        await self._tell([state.last])
        told = state.model_copy(update={"told": "yes", "rev": state.rev + 1})
        await self._states.save(told, over=state)

    async def _tell(self, alerts: Sequence[Alert]) -> None:
        """Have them listed and sent; what is there already stays as it is."""
        if not alerts:
            return
        await self._alerts.insert(alerts)
        now = now_ms()
        await self._deliveries.insert(
            [each for alert in alerts for each in deliveries_of(alert, self._public_url, now)]
        )


def _may_fire(state: AlertState, rule: AlertRule, occasion: Occasion, now: int) -> bool:
    return state.key != occasion.key and now >= state.fired_at + pause_ms(rule)
