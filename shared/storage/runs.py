"""`runs`: one document a run. Inserted by whoever starts it, saved only by the planner, guarded by `rev`."""

from collections.abc import Collection, Sequence

from pydantic import Field

from shared.contracts.base import Contract, Millis
from shared.contracts.directive import AwaitDecision
from shared.contracts.run import RUN_FINISHED, NodeState, Run, RunStatus
from shared.messaging.topology import partition_of
from shared.storage.mongo import Document, Store

ASKED_AT_ONCE = 1_000
DERIVED = ("open", "trigger_id")
"""Stored besides, to find by."""


class RunNodes(Contract):
    """A run's nodes, and the version they are of."""

    id: str = Field(validation_alias="_id")
    version: str
    nodes: dict[str, NodeState] = {}


class Runs:
    """The runs of all workspaces; what is shown to a caller is always found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["runs"]

    async def insert(self, run: Run) -> bool:
        """False when a run with this id is there already."""
        return await self._collection.insert_one(_document(run))

    async def insert_many(self, runs: Sequence[Run]) -> set[str]:
        """Insert all that are new; the ids of those that were there already."""
        return await self._collection.insert_many([_document(run) for run in runs])

    async def load(self, run_ids: Sequence[str]) -> dict[str, Run]:
        """Those that exist, by id."""
        documents = await self._collection.find({"_id": {"$in": list(run_ids)}})
        return {document["_id"]: _run(document) for document in documents}

    async def among(self, run_ids: Sequence[str], statuses: Collection[RunStatus]) -> set[str]:
        """Which of these runs exist and have one of these statuses; no document is read."""
        found: set[str] = set()
        for start in range(0, len(run_ids), ASKED_AT_ONCE):
            ids = list(run_ids[start : start + ASKED_AT_ONCE])
            query = {"_id": {"$in": ids}, "status": {"$in": list(statuses)}}
            found.update(await self._collection.count_by(query, "_id"))
        return found

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

    async def due(self, now: Millis, limit: int, *, queued: bool = False) -> list[tuple[str, Millis]]:
        """Ids and `wake_at` of runs whose time has come, at most `limit`; of those that have not begun, or of
        all others."""
        statuses = ["queued"] if queued else ["running", "paused", *sorted(RUN_FINISHED)]
        found = await self._collection.find(
            {"wake_at": {"$lte": now}, "status": {"$in": statuses}}, limit=limit
        )
        return [(document["_id"], document["wake_at"]) for document in found]

    async def queued(self, partition: int, limit: int = 20_000) -> list[str]:
        """The ids of a partition's runs that have not begun, oldest first, at most `limit`."""
        query: Document = {"open": f"{partition:02d}", "status": "queued", "level": "top"}
        return await self._collection.ids(query, limit=limit)

    async def get(self, workspace_id: str, run_id: str) -> Run | None:
        """A run of this workspace."""
        document = await self._collection.find_one({"_id": run_id, "workspace_id": workspace_id})
        return _run(document) if document else None

    async def page(
        self,
        workspace_id: str,
        *,
        before: str | None,
        limit: int,
        status: str | None,
        workflow_id: str | None,
        parent_id: str | None = None,
        trigger_id: str | None = None,
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
        if trigger_id:
            query["trigger_id"] = trigger_id
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_run(document) for document in found]

    async def nodes_below(self, run_id: str, *, after: str, limit: int) -> list[RunNodes]:
        """The nodes of its child runs, and of theirs, by the order of their ids; `after` is the last id of
        the page before."""
        ids = {"$gt": max(after, f"{run_id}."), "$lt": f"{run_id}/"}
        only = ["version", "nodes"]
        found = await self._collection.find({"_id": ids}, sort="_id", limit=limit, only=only)
        return [RunNodes.model_validate(document) for document in found]

    async def waiting(self, workspace_id: str, what: str, *, before: str | None, limit: int) -> list[Run]:
        """The newest first of the runs, child runs as well, in which a node waits for that: `review`."""
        query: Document = {"workspace_id": workspace_id, "waiting_for": what}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_run(document) for document in found]

    async def matching(
        self,
        workspace_id: str,
        *,
        statuses: Sequence[str],
        workflow_id: str | None,
        after: Millis | None,
        before: Millis | None,
        limit: int,
    ) -> list[Run]:
        """The oldest first of the runs that are no child runs, in one of these statuses, and created at
        `after` or later, earlier than `before`."""
        query: Document = {"workspace_id": workspace_id, "level": "top", "status": {"$in": list(statuses)}}
        if workflow_id:
            query["workflow_id"] = workflow_id
        created = {"$gte": after, "$lt": before}
        if limits := {operator: at for operator, at in created.items() if at is not None}:
            query["created_at"] = limits
        found = await self._collection.find(query, sort="_id", limit=limit)
        return [_run(document) for document in found]


def _run(document: Document) -> Run:
    return Run.model_validate({name: value for name, value in document.items() if name not in DERIVED})


def _document(run: Run) -> Document:
    """`open` is there, and is the run's partition, exactly while the run is unfinished; `trigger_id` is there
    where a trigger has started it."""
    waits = any(
        state.suspended is not None
        and state.status == "suspended"
        and isinstance(state.suspended.directive, AwaitDecision)
        for state in run.nodes.values()
    )
    document = run.model_dump(by_alias=True, exclude_defaults=True, exclude={"waiting_for"})
    if run.status not in RUN_FINISHED:
        document["open"] = f"{partition_of(run.id):02d}"
    if run.trigger.id is not None and run.level == "top":
        document["trigger_id"] = run.trigger.id
    return {**document, "level": run.level, **({"waiting_for": "review"} if waits else {})}
