"""`workflows`: a workflow with its draft; its published versions are in `versions`. The gateway writes it."""

from collections.abc import Sequence
from typing import Literal

from shared.contracts.base import Contract, Json, Millis
from shared.storage.mongo import Document, Store

State = Literal["active", "archived"]


class Workflow(Contract):
    """A workflow. `graph` is the draft as JSON text, `rev` numbers the saves of the draft, `latest` is the
    number of the last published version (0: none yet). An archived one is kept, but shown to nobody."""

    id: str
    workspace_id: str
    name: str
    description: str = ""
    tags: list[str] = []
    graph: Json
    rev: int
    latest: int = 0
    state: State = "active"
    created_at: Millis
    updated_at: Millis


class Workflows:
    """The workflows; where nothing else is said, those that are not archived."""

    def __init__(self, store: Store) -> None:
        self._collection = store["workflows"]

    async def insert(self, workflow: Workflow) -> bool:
        """False when a workflow with this id is there already."""
        return await self._collection.insert_one(_document(workflow))

    async def load(self, ids: Sequence[str]) -> dict[str, Workflow]:
        """Those that exist, by id, of every workspace: the caller compares `workspace_id`."""
        found = await self._collection.find({"_id": {"$in": list(ids)}, "state": "active"})
        return {document["_id"]: _workflow(document) for document in found}

    async def get(self, workspace_id: str, workflow_id: str) -> Workflow | None:
        """A workflow of this workspace, archived or not."""
        found = await self._collection.find_one({"_id": workflow_id, "workspace_id": workspace_id})
        return _workflow(found) if found else None

    async def page(
        self, workspace_id: str, *, before: str | None, limit: int, state: State = "active"
    ) -> list[Workflow]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id, "state": state}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_workflow(document) for document in found]

    async def save(self, workflow: Workflow, *, over: Workflow) -> bool:
        """Replace what was read as `over`; False when draft, publication or state have changed since."""
        guard = {"_id": over.id, "rev": over.rev, "latest": over.latest, "state": over.state}
        return await self._collection.replace_one(guard, _document(workflow))


def _document(workflow: Workflow) -> Document:
    return {"_id": workflow.id, **workflow.model_dump(exclude={"id"})}


def _workflow(document: Document) -> Workflow:
    return Workflow.model_validate({"id": document.pop("_id"), **document})
