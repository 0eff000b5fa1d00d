"""`deliveries`: what is to be sent where, until it has arrived. Inserted by planner or gateway, saved by
connectors."""

from collections.abc import Collection, Sequence
from typing import Literal

from shared.contracts.alert import Notice
from shared.contracts.base import Contract, Millis
from shared.storage.mongo import Document, Store

DeliveryStatus = Literal["waiting", "delivered", "failed"]


class Delivery(Contract):
    """A notice on its way to a channel, or, where there is none, to the address `to` by the installation's
    own mail server. While it waits, `next_at` says when it is tried (again); an attempt under way holds it
    until then. `error` is why the last attempt failed. `workflow_id` is what it is about, if that is neither
    an alert nor nothing in particular. `sealed` is a link that only who gets the mail may
    know, to the key `kid` of the vault; once nothing is tried any more, it is forgotten."""

    id: str
    workspace_id: str
    channel_id: str | None = None
    to: str = ""
    alert_id: str | None = None
    workflow_id: str | None = None
    notice: Notice
    sealed: str = ""
    kid: str = ""
    status: DeliveryStatus = "waiting"
    rev: int = 1
    attempts: int = 0
    most_attempts: int
    error: str | None = None
    next_at: Millis | None
    created_at: Millis
    delivered_at: Millis | None = None


class Deliveries:
    """The deliveries; ids sort by time."""

    def __init__(self, store: Store) -> None:
        self._collection = store["deliveries"]

    async def insert(self, deliveries: Sequence[Delivery]) -> None:
        """Insert all that are new."""
        await self._collection.insert_many([_document(each) for each in deliveries])

    async def load(self, delivery_id: str) -> Delivery | None:
        """A delivery of whatever workspace, for who sends it."""
        found = await self._collection.find_one({"_id": delivery_id})
        return _delivery(found) if found else None

    async def get(self, workspace_id: str, delivery_id: str) -> Delivery | None:
        """A delivery of this workspace."""
        found = await self._collection.find_one({"_id": delivery_id, "workspace_id": workspace_id})
        return _delivery(found) if found else None

    async def due(self, now: Millis, limit: int) -> list[Delivery]:
        """Those whose time has come, at most `limit`."""
        found = await self._collection.find({"next_at": {"$lte": now}}, limit=limit)
        return [_delivery(each) for each in found]

    async def page(
        self, workspace_id: str, *, before: str | None, limit: int, **like: str | None
    ) -> list[Delivery]:
        """The latest first; `before` is the last id of the page before. `like` names fields and what they
        must be, None for anything."""
        query: Document = {"workspace_id": workspace_id}
        query.update({name: value for name, value in like.items() if value is not None})
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_delivery(each) for each in found]

    async def of_alerts(self, alert_ids: Collection[str]) -> list[Delivery]:
        """What is sent of these alerts."""
        found = await self._collection.find({"alert_id": {"$in": list(alert_ids)}})
        return [_delivery(each) for each in found]

    async def by_key(self) -> dict[str, int]:
        """How many have a link that is sealed to which key."""
        return await self._collection.count_by({"kid": {"$gt": ""}}, "kid")

    async def save(self, delivery: Delivery, *, over: Delivery) -> bool:
        """Replace what was read as `over`; False when somebody else was faster."""
        return await self._collection.replace_one({"_id": over.id, "rev": over.rev}, _document(delivery))


def _document(delivery: Delivery) -> Document:
    return {"_id": delivery.id, **delivery.model_dump(exclude={"id"})}


def _delivery(document: Document) -> Delivery:
    return Delivery.model_validate({"id": document.pop("_id"), **document})
