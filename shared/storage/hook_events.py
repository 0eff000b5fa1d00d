"""`hook_events`: what was sent to webhooks. Written once; only `open` and what has become of the event change
afterwards."""

from collections.abc import Sequence
from typing import Any

from shared.contracts.base import Millis
from shared.contracts.hook_event import OPEN, HookEvent
from shared.storage.mongo import Document, Store


class HookEvents:
    """The events of all webhooks; what is shown to a caller is always found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["hook_events"]

    async def insert(self, event: HookEvent) -> bool:
        """False when it is there already: the same event was sent before."""
        return await self._collection.insert_one(_document(event))

    async def get(self, workspace_id: str, trigger_id: str, event_id: str) -> HookEvent | None:
        """An event of this trigger."""
        query = {"_id": event_id, "workspace_id": workspace_id, "trigger_id": trigger_id}
        document = await self._collection.find_one(query)
        return HookEvent.model_validate(document) if document else None

    async def page(
        self, workspace_id: str, trigger_id: str, *, before: str, after: str, limit: int, **equal: Any
    ) -> list[HookEvent]:
        """The newest first, with an `order` between the two; `equal` are fields that have to be so."""
        query: Document = {
            "trigger_id": trigger_id,
            "workspace_id": workspace_id,
            **{field: value for field, value in equal.items() if value is not None},
            "order": {"$lt": before, "$gt": after},
        }
        found = await self._collection.find(query, sort="order", descending=True, limit=limit)
        return [HookEvent.model_validate(each) for each in found]

    async def open_before(self, at: Millis, limit: int) -> list[HookEvent]:
        """Those whose run may not be there, though they were received before then."""
        found = await self._collection.find({"open": OPEN, "received_at": {"$lt": at}}, limit=limit)
        return [HookEvent.model_validate(each) for each in found]

    async def close(self, events: Sequence[HookEvent]) -> None:
        """Keep what has become of these, which were open."""
        closed = [each.model_copy(update={"open": ""}) for each in events]
        await self._collection.replace_many(
            [({"_id": each.id, "open": OPEN}, _document(each)) for each in closed]
        )


def _document(event: HookEvent) -> Document:
    return event.model_dump(by_alias=True)
