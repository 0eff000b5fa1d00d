"""`rollups`: one document a workspace and hour, replaced as a whole by whichever planner has read it last."""

from collections.abc import AsyncIterator, Sequence
from secrets import token_hex
from typing import Literal

from shared.contracts.base import Millis
from shared.contracts.figures import RollUp, rollup_id
from shared.storage.mongo import Document, Store

PAGE = 200
Part = Literal["runs", "nodes", "errors"]


class RollUps:
    """The figures of all workspaces' hours."""

    def __init__(self, store: Store) -> None:
        self._collection = store["rollups"]

    async def load(self, ids: Sequence[str]) -> list[RollUp]:
        """Those that exist."""
        found = await self._collection.find({"_id": {"$in": list(ids)}}) if ids else []
        return [RollUp.model_validate(each) for each in found]

    async def save(self, changed: Sequence[RollUp]) -> list[RollUp]:
        """Store each unless somebody else has saved it since it was read; as stored, those that were."""
        rev = token_hex(8)
        saved = {each.id: each.model_copy(update={"rev": rev}) for each in changed}
        fresh = [_document(saved[each.id]) for each in changed if not each.rev]
        guarded = [
            ({"_id": each.id, "rev": each.rev}, _document(saved[each.id])) for each in changed if each.rev
        ]
        for there in await self._collection.insert_many(fresh):
            del saved[there]
        if await self._collection.replace_many(guarded) < len(guarded):
            ids = [str(guard["_id"]) for guard, _ in guarded]
            mine = {each["_id"] for each in await self._collection.find({"_id": {"$in": ids}, "rev": rev})}
            saved = {each: rollup for each, rollup in saved.items() if each not in ids or each in mine}
        return list(saved.values())

    async def between(
        self, workspace_id: str, first: Millis, end: Millis, part: Part
    ) -> AsyncIterator[list[RollUp]]:
        """One part of the roll-ups of a workspace's hours from `first` to before `end`, in pages, by hour."""
        ids: dict[str, str] = {"$gte": rollup_id(workspace_id, first), "$lt": rollup_id(workspace_id, end)}
        only = ["workspace_id", "hour", part]
        while True:
            query: Document = {"workspace_id": workspace_id, "_id": ids}
            page = await self._collection.find(query, sort="_id", limit=PAGE, only=only)
            if page:
                yield [RollUp.model_validate(each) for each in page]
            if len(page) < PAGE:
                return
            ids = {"$gt": page[-1]["_id"], "$lt": ids["$lt"]}


def _document(rollup: RollUp) -> Document:
    return {**rollup.model_dump(by_alias=True, exclude_defaults=True), "rev": rollup.rev}
