"""Events of webhooks that a gateway has stored, and died before it started their runs.

Several planners may see to the same one: the id of its run follows from it, so there is one run."""

from collections.abc import Sequence

from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.hook_event import HookEvent
from shared.contracts.trigger import Trigger
from shared.firing import Firing, Occasion, Outcome
from shared.hooked import hooked_again
from shared.ids import now_ms
from shared.storage.hook_events import HookEvents
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.triggers import Triggers
from shared.telemetry import logger

LATE_MS = 10_000
"""A gateway that is alive has started the run by then."""
AT_ONCE = 50


class Completing:
    """Starts what is missing."""

    def __init__(self, store: Store, firing: Firing) -> None:
        self._events = HookEvents(store)
        self._triggers = Triggers(store)
        self._payloads = Payloads(store)
        self._firing = firing

    async def look(self) -> None:
        """A chore of the clock."""
        await self.complete(now_ms() - LATE_MS)

    async def complete(self, before: Millis) -> None:
        """See to all that were received before then. Raises when the store is away."""
        while found := await self._events.open_before(before, AT_ONCE):
            triggers = await self._triggers.load(list({each.trigger_id for each in found}))
            occasions = [
                await self._occasion(triggers[each.trigger_id], each)
                for each in found
                if each.trigger_id in triggers
            ]
            outcomes = await self._firing.start(occasions)
            await self._events.close(_ended(found, outcomes))
            logger.info("hooks.completed", events=[each.id for each in found])

    async def _occasion(self, trigger: Trigger, event: HookEvent) -> Occasion:
        text = await self._payloads.text(event.body)
        return Occasion(
            trigger, event.run_id or "", hooked_again(trigger, event, text), trace=event.traceparent
        )


def _ended(events: Sequence[HookEvent], outcomes: dict[str, Outcome]) -> list[HookEvent]:
    """The events with what has become of them."""
    return [_become(each, outcomes.get(each.run_id or "")) for each in events]


def _become(event: HookEvent, outcome: Outcome | None) -> HookEvent:
    if outcome in ("started", "there"):
        return event
    if isinstance(outcome, Failure):
        why = {"outcome": "refused", "reason": outcome.message}
    elif outcome == "unmet":
        why = {"outcome": "filtered", "reason": "The conditions were changed before its run was started"}
    else:
        why = {"outcome": "refused", "reason": "The trigger was deleted before its run was started"}
    return event.model_copy(update={**why, "run_id": None})
