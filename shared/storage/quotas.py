"""`quotas`: what a workspace has used. One document a month with the number of runs started, and one with
the workflows that have just been activated; each is replaced as a whole by whoever has read it last."""

from secrets import token_hex

from pydantic import Field

from shared.contracts.base import Contract, Millis
from shared.storage.mongo import Document, Store
from shared.storage.trouble import certainly

ACTIVE = "active"


class Counted(Contract):
    """Runs started in a month; `recent` are the ids counted last."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    workspace_id: str
    rev: str = ""
    runs: int = 0
    recent: list[str] = Field(default_factory=list[str])


class Claims(Contract):
    """When workflows were last activated, by id: their triggers may not be stored yet."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    workspace_id: str
    rev: str = ""
    at: dict[str, Millis] = Field(default_factory=dict[str, Millis])


class QuotaStore:
    """What all workspaces have used."""

    def __init__(self, store: Store) -> None:
        self._collection = store["quotas"]
        self._runs = store["runs"]
        self._triggers = store["triggers"]

    async def counted(self, workspace_id: str, month: str) -> Counted | None:
        """The count of a month such as `2026-11`."""
        found = await self._collection.find_one({"_id": f"{workspace_id}:{month}"})
        return Counted.model_validate(found) if found else None

    async def claims(self, workspace_id: str) -> Claims:
        """The workflows that have just been activated."""
        found = await self._collection.find_one({"_id": f"{workspace_id}:{ACTIVE}"})
        return (
            Claims.model_validate(found)
            if found
            else Claims(id=f"{workspace_id}:{ACTIVE}", workspace_id=workspace_id)
        )

    async def save(self, document: Counted | Claims) -> str | None:
        """The new revision; None when somebody else has saved since it was read."""
        rev = token_hex(8)
        stored: Document = {**document.model_dump(by_alias=True), "rev": rev}
        if document.rev:
            guard = {"_id": document.id, "rev": document.rev}
            saved = await certainly(lambda: self._collection.replace_one(guard, stored))
        else:
            saved = await certainly(lambda: self._collection.insert_one(stored))
        return rev if saved else None

    async def runs_since(self, workspace_id: str, at: Millis) -> int:
        """How many runs began then or later that are stored; child runs and dry ones do not count."""
        query: Document = {"workspace_id": workspace_id, "level": "top", "created_at": {"$gte": at}}
        every = await self._runs.count_by(query, "level")
        dry = await self._runs.count_by({**query, "dry": True}, "level")
        return sum(every.values()) - sum(dry.values())

    async def active_workflows(self, workspace_id: str) -> set[str]:
        """The workflows that have an active trigger."""
        query: Document = {"workspace_id": workspace_id, "state": "active"}
        return set(await self._triggers.count_by(query, "workflow_id"))
