"""Finding events of a webhook, and sending one through again."""

from ulid import ULID

from services.gateway.errors import Refused
from services.gateway.hooks.arriving import repeat_id
from services.gateway.hooks.event_resources import HookEventsQuery, contains
from services.gateway.hooks.receiving import opened, order_for, pinned_for
from services.gateway.parts import Gateway
from services.gateway.present import millis
from services.gateway.starting import begun
from shared.conditions import unmet
from shared.contracts.hook_event import HookEvent
from shared.contracts.run import Run
from shared.contracts.trigger import Trigger
from shared.hooked import hooked_again
from shared.ids import now_ms
from shared.storage.trouble import certainly

MOST_READ = 2_000
"""So many events are looked through for a text before the rest is left to the next page."""
AT_ONCE = 200
LAST = "~"
"""Sorts after every ULID."""
LATEST_MS = 2**48 - 1


async def found(
    gateway: Gateway, trigger: Trigger, query: HookEventsQuery
) -> tuple[list[HookEvent], str | None]:
    """A page of events, the newest first, and the cursor of the next."""
    before, events, read = _first_before(query), list[HookEvent](), 0
    limit = AT_ONCE if query.text else query.limit + 1
    while True:
        some = await gateway.hooks.events.page(
            trigger.workspace_id,
            trigger.id,
            before=before,
            after=_order_at(millis(query.from_)),
            limit=limit,
            outcome=query.outcome,
            mode=query.mode,
            run_id=query.run_id,
            dedupe_id=query.dedupe_id,
        )
        events += [each for each in some if not query.text or contains(each, query.text)]
        read += len(some)
        if len(events) > query.limit:
            return events[: query.limit], events[query.limit - 1].order
        if len(some) < limit:
            return events, None
        before = some[-1].order
        if read >= MOST_READ:
            return events, before


def _first_before(query: HookEventsQuery) -> str:
    to = _order_at(millis(query.to)) if query.to else LAST
    return min(to, query.cursor) if query.cursor else to


def _order_at(at: int | None) -> str:
    """What events of then or later sort after."""
    if at is None:
        return ""
    return str(ULID.from_bytes(min(max(at, 0), LATEST_MS).to_bytes(6, "big") + bytes(10)))


async def replayed(
    gateway: Gateway, trigger: Trigger, event: HookEvent, *, by: str, key: str, trace: str
) -> Run:
    """Start a run for a stored event, as the trigger is now; once for each key, if there is one. Raises
    Refused."""
    if not event.whole:
        raise Refused("not_kept", f"Event {event.id!r} was refused ({event.reason}): its body is not kept")
    kept = await gateway.payloads.text(event.body)
    order, now = str(ULID()), now_ms()
    again = event.model_copy(
        update={
            "id": repeat_id(event, key) if key else f"evt_{order}",
            "order": order,
            "received_at": now,
            "outcome": "accepted",
            "reason": None,
            "dedupe_id": None,
            "replay_of": event.id,
            "traceparent": trace,
        }
    )
    value = hooked_again(trigger, again, kept)
    if condition := unmet(value, trigger.conditions):
        told = f"{condition.path} {condition.operator} {condition.value}"[:500]
        raise Refused("conditions_unmet", f"The event does not meet a condition of this trigger: {told}")
    pinned = await pinned_for(gateway, trigger, event.mode)
    await gateway.reach_broker()
    again = opened(again)
    if not await certainly(lambda: gateway.hooks.events.insert(again)):
        again = await gateway.hooks.events.get(trigger.workspace_id, trigger.id, again.id) or again
        value = hooked_again(trigger, again, kept)
    run, _ = await begun(gateway, order_for(trigger, again, value, pinned, by), "", "")
    if again.open:
        gateway.hooks.begun(again)
    return run
