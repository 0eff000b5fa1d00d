"""`triggers`: what starts runs. The gateway writes what people set, the planner what has become of it; every
save is guarded by `saves`."""

from collections.abc import Collection, Sequence

from shared.contracts.base import Millis
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import WebhookConfig
from shared.messaging.topology import partition_of
from shared.storage.mongo import Document, Store

DERIVED = ("kind", "state", "watched", "part", "address")
"""Stored besides, to find by."""


class Triggers:
    """The triggers of all workspaces; what is shown to a caller is always found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["triggers"]

    async def insert(self, trigger: Trigger) -> bool:
        """False when a trigger with this id is there already."""
        return await self._collection.insert_one(_document(trigger))

    async def get(self, workspace_id: str, trigger_id: str) -> Trigger | None:
        """A trigger of this workspace."""
        document = await self._collection.find_one({"_id": trigger_id, "workspace_id": workspace_id})
        return _trigger(document) if document else None

    async def at(self, address: str) -> Trigger | None:
        """The webhook at this address (see `WebhookConfig`), of whatever workspace."""
        document = await self._collection.find_one({"address": address})
        return _trigger(document) if document else None

    async def load(self, ids: Sequence[str]) -> dict[str, Trigger]:
        """Those that exist, by id, of every workspace."""
        found = await self._collection.find({"_id": {"$in": list(ids)}})
        return {document["_id"]: _trigger(document) for document in found}

    async def page(
        self,
        workspace_id: str,
        *,
        before: str | None,
        limit: int,
        workflow_id: str | None = None,
        kind: str | None = None,
        active: bool | None = None,
    ) -> list[Trigger]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id}
        wanted = {
            "workflow_id": workflow_id,
            "kind": kind,
            "state": None if active is None else _state(active),
        }
        query.update({field: value for field, value in wanted.items() if value is not None})
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_trigger(document) for document in found]

    async def save(self, trigger: Trigger, *, over: Trigger) -> Trigger | None:
        """Replace what was read as `over`; what is stored then, or None when it has changed since."""
        saved = trigger.model_copy(update={"saves": over.saves + 1})
        guard = {"_id": over.id, "saves": over.saves}
        return saved if await self._collection.replace_one(guard, _document(saved)) else None

    async def save_many(self, changed: Sequence[tuple[Trigger, Trigger]]) -> int:
        """Replace the second of each pair by the first; how many had not changed since."""
        replaces = [
            (
                {"_id": over.id, "saves": over.saves},
                _document(trigger.model_copy(update={"saves": over.saves + 1})),
            )
            for trigger, over in changed
        ]
        return await self._collection.replace_many(replaces)

    async def due(
        self, now: Millis, limit: int, *, parts: Collection[int] | None = None, after: str = ""
    ) -> list[Trigger]:
        """Those whose time has come, by id, later than `after`; only of these partitions, if given."""
        query: Document = {"next_at": {"$lte": now}, "_id": {"$gt": after}}
        if parts is not None:
            query["part"] = {"$in": [_part(each) for each in parts]}
        found = await self._collection.find(query, sort="_id", limit=limit)
        return [_trigger(document) for document in found]

    async def following(self, watched: Collection[str]) -> list[Trigger]:
        """The active ones that watch any of these (see `Trigger.watched`)."""
        query = {"watched": {"$in": list(watched)}, "state": _state(True)}
        return [_trigger(document) for document in await self._collection.find(query)]

    async def count(self, workspace_id: str) -> dict[str, int]:
        """How many active ones of each kind a workspace has."""
        return await self._collection.count_by({"workspace_id": workspace_id, "state": _state(True)}, "kind")

    async def delete(self, trigger: Trigger) -> bool:
        """Delete it, in whatever state it is; False when it was gone."""
        return await self._collection.delete({"_id": trigger.id}) == 1


def _state(active: bool) -> str:
    return "active" if active else "paused"


def _part(partition: int) -> str:
    return f"{partition:02d}"


def _document(trigger: Trigger) -> Document:
    derived = {
        "kind": trigger.config.kind,
        "state": _state(trigger.live),
        "watched": trigger.watched,
        "part": _part(partition_of(trigger.id)),
        "address": trigger.config.address if isinstance(trigger.config, WebhookConfig) else None,
    }
    return {**trigger.model_dump(by_alias=True), **derived}


def _trigger(document: Document) -> Trigger:
    return Trigger.model_validate({name: value for name, value in document.items() if name not in DERIVED})
