"""`slots`: one document a concurrency key, replaced as a whole by whichever planner has read it last."""

from collections.abc import Sequence
from secrets import token_hex

from shared.contracts.slots import KeySlots
from shared.storage.mongo import Document, Store


class SlotStore:
    """The slots of all workspaces' keys."""

    def __init__(self, store: Store) -> None:
        self._collection = store["slots"]

    async def load(self, ids: Sequence[str]) -> dict[str, KeySlots]:
        """Those that exist, by id."""
        found = await self._collection.find({"_id": {"$in": list(ids)}})
        return {each["_id"]: KeySlots.model_validate(each) for each in found}

    async def save(self, changed: Sequence[KeySlots]) -> set[str]:
        """Store each unless somebody else has saved it since it was read; the ids of those that were stored.

        The revision is drawn, not counted: a document that was removed and made again is not taken for the
        one that was read."""
        rev = token_hex(8)
        fresh = [_document(each, rev) for each in changed if not each.rev]
        guarded = [({"_id": each.id, "rev": each.rev}, _document(each, rev)) for each in changed if each.rev]
        saved = {document["_id"] for document in fresh} - await self._collection.insert_many(fresh)
        replaced = [guard["_id"] for guard, _ in guarded]
        if await self._collection.replace_many(guarded) == len(guarded):
            return saved | set(replaced)
        stored = await self._collection.find({"_id": {"$in": replaced}})
        return saved | {document["_id"] for document in stored if document["rev"] == rev}

    async def page(self, after: str, limit: int) -> list[KeySlots]:
        """The first documents whose id comes after `after`."""
        found = await self._collection.find({"_id": {"$gt": after}}, sort="_id", limit=limit)
        return [KeySlots.model_validate(each) for each in found]

    async def remove(self, slots: KeySlots) -> bool:
        """Forget a key that nobody uses; False when somebody has come since it was read."""
        return await self._collection.delete({"_id": slots.id, "rev": slots.rev}) == 1


def _document(slots: KeySlots, rev: str) -> Document:
    return {**slots.model_dump(by_alias=True, exclude_defaults=True), "rev": rev}
