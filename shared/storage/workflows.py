"""`workflows`: a workflow with its draft; the published versions are in `versions`. Written by the gateway only."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis
from shared.storage.mongo import Document, Store


class Workflow(Contract):
    """A workflow. `graph` is the draft as JSON text, `rev` numbers the saves of the draft, `latest` is the number of
    the last published version (0: none yet). An archived one is kept for its runs, but shown to nobody."""

    id: str = Field(alias="_id")
    workspace_id: str
    name: str
    description: str = ""
    tags: list[str] = []
    graph: Json
    rev: int
    latest: int = 0
    state: Literal["active", "archived"] = "active"
    created_at: Millis
    updated_at: Millis


class Workflows:
    """The workflows that are not archived, found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["workflows"]

    async def insert(self, workflow: Workflow) -> bool:
        """False when a workflow with this id is there already."""
        return await self._collection.insert_one(workflow.model_dump(by_alias=True))

    async def load(self, ids: Sequence[str]) -> dict[str, Workflow]:
        """Those that exist, by id, of every workspace: the caller compares `workspace_id`."""
        found = await self._collection.find({"_id": {"$in": list(ids)}, "state": "active"})
        return {document["_id"]: Workflow.model_validate(document) for document in found}

    async def page(self, workspace_id: str, *, before: str | None, limit: int) -> list[Workflow]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id, "state": "active"}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [Workflow.model_validate(document) for document in found]

    async def save(self, workflow: Workflow, *, over: Workflow) -> bool:
        """Replace what was read as `over`; False when it has changed since: another draft, another publication."""
        guard = {"_id": over.id, "rev": over.rev, "latest": over.latest, "state": over.state}
        return await self._collection.replace_one(guard, workflow.model_dump(by_alias=True))
