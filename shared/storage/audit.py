"""`audit`: who did what, one document a change; ids sort by time. Written by gateways, never changed."""

from collections.abc import Sequence

from shared.contracts.base import Contract, Millis
from shared.storage.mongo import Document, Store


class Entry(Contract):
    """Something that somebody has done. `action` is the route, `target` the path that was asked for;
    `workspace_id` is empty for what belongs to none."""

    id: str
    at: Millis
    workspace_id: str
    actor_kind: str
    actor_id: str
    actor: str
    action: str
    target: str
    status: int
    address: str = ""
    trace: str = ""


class Audit:
    """The audit log."""

    def __init__(self, store: Store) -> None:
        self._collection = store["audit"]

    async def insert(self, entries: Sequence[Entry]) -> None:
        """Record these."""
        documents = [{"_id": each.id, **each.model_dump(exclude={"id"})} for each in entries]
        await self._collection.insert_many(documents)

    async def page(
        self,
        workspace_id: str,
        *,
        before: str | None,
        limit: int,
        equal: dict[str, str],
        since: Millis | None = None,
        until: Millis | None = None,
    ) -> list[Entry]:
        """The latest first; `equal` are fields and what they are to be, `since` counts, `until` does not."""
        query: Document = {"workspace_id": workspace_id, **equal}
        if before:
            query["_id"] = {"$lt": before}
        between = {"$gte": since, "$lt": until}
        if limits := {operator: at for operator, at in between.items() if at is not None}:
            query["at"] = limits
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [Entry.model_validate({"id": each.pop("_id"), **each}) for each in found]
