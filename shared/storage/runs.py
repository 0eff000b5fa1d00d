"""`runs`: one document a run. Inserted by whoever starts it, saved only by the planner, guarded by `rev`."""

from collections.abc import Sequence

from shared.contracts.base import Millis
from shared.contracts.run import Run
from shared.storage.mongo import Document, Store


class Runs:
    """The runs of all workspaces; what is shown to a caller is always found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["runs"]

    async def insert(self, run: Run) -> bool:
        """False when a run with this id is there already."""
        return await self._collection.insert_one(_document(run))

    async def load(self, run_ids: Sequence[str]) -> dict[str, Run]:
        """Those that exist, by id."""
        documents = await self._collection.find({"_id": {"$in": list(run_ids)}})
        return {document["_id"]: Run.model_validate(document) for document in documents}

    async def save(self, runs: Sequence[Run]) -> set[str]:
        """Replace each run whose stored `rev` is one less than its own; the ids of those that were saved.

        When not all matched, or the outcome is unknown to the caller, what is stored is compared: `writer`
        tells."""
        guarded = [({"_id": run.id, "rev": run.rev - 1}, _document(run)) for run in runs]
        if await self._collection.replace_many(guarded) == len(runs):
            return {run.id for run in runs}
        return await self.saved(runs)

    async def saved(self, runs: Sequence[Run]) -> set[str]:
        """The ids of the runs that are stored just as given: same `rev`, same `writer`."""
        stored = await self._collection.find({"_id": {"$in": [run.id for run in runs]}})
        marks = {document["_id"]: (document["rev"], document.get("writer")) for document in stored}
        return {run.id for run in runs if marks.get(run.id) == (run.rev, run.writer)}

    async def due(self, now: Millis, limit: int) -> list[tuple[str, Millis]]:
        """Ids and `wake_at` of runs whose time has come, at most `limit`."""
        found = await self._collection.find({"wake_at": {"$lte": now}}, limit=limit)
        return [(document["_id"], document["wake_at"]) for document in found]

    async def get(self, workspace_id: str, run_id: str) -> Run | None:
        """A run of this workspace."""
        document = await self._collection.find_one({"_id": run_id, "workspace_id": workspace_id})
        return Run.model_validate(document) if document else None

    async def page(
        self,
        workspace_id: str,
        *,
        before: str | None,
        limit: int,
        status: str | None,
        workflow_id: str | None,
        parent_id: str | None = None,
    ) -> list[Run]:
        """The newest runs first, or the children of one; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id}
        query.update({"parent_id": parent_id} if parent_id else {"level": "top"})
        if before:
            query["_id"] = {"$lt": before}
        if status:
            query["status"] = status
        if workflow_id:
            query["workflow_id"] = workflow_id
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [Run.model_validate(document) for document in found]


def _document(run: Run) -> Document:
    return {**run.model_dump(by_alias=True, exclude_defaults=True), "level": run.level}
