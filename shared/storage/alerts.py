"""`alerts`: what rules have found. The planner inserts them, the gateway notes who has seen to them."""

from collections.abc import Collection, Sequence

from shared.contracts.alert import Alert
from shared.contracts.base import Millis
from shared.storage.mongo import Document, Store


class Alerts:
    """The alerts; ids sort by time."""

    def __init__(self, store: Store) -> None:
        self._collection = store["alerts"]

    async def insert(self, alerts: Sequence[Alert]) -> None:
        """Insert all that are new."""
        await self._collection.insert_many([_document(each) for each in alerts])

    async def present(self, ids: Collection[str]) -> set[str]:
        """Which of these there are."""
        return await self._collection.present(ids)

    async def get(self, workspace_id: str, alert_id: str) -> Alert | None:
        """An alert of this workspace."""
        found = await self._collection.find_one({"_id": alert_id, "workspace_id": workspace_id})
        return _alert(found) if found else None

    async def page(
        self,
        workspace_id: str,
        *,
        before: str | None,
        limit: int,
        since: Millis | None = None,
        until: Millis | None = None,
        **like: str | None,
    ) -> list[Alert]:
        """The latest first, from `since` on and before `until`; `before` is the last id of the page before.
        `like` names fields and what they must be, None for anything."""
        query: Document = {"workspace_id": workspace_id}
        query.update({name: value for name, value in like.items() if value is not None})
        if before:
            query["_id"] = {"$lt": before}
        if limits := {name: at for name, at in (("$gte", since), ("$lt", until)) if at is not None}:
            query["at"] = limits
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_alert(each) for each in found]

    async def save(self, alert: Alert, *, over: Alert) -> bool:
        """Replace what was read as `over`; False when it has changed since."""
        return await self._collection.replace_one({"_id": over.id, "rev": over.rev}, _document(alert))


def _document(alert: Alert) -> Document:
    return {"_id": alert.id, **alert.model_dump(exclude={"id"})}


def _alert(document: Document) -> Alert:
    return Alert.model_validate({"id": document.pop("_id"), **document})
