"""`node_runs`: the results of one `node.ready` message, or the claim on one; `_id` is
`<run>:<head>:<attempt>`."""

from collections.abc import Sequence

from shared.contracts.node_run import NodeRun
from shared.storage.mongo import Document, Store


class NodeRuns:
    """What attempts received and answered. The first to insert a document owns the attempt."""

    def __init__(self, store: Store) -> None:
        self._collection = store["node_runs"]

    async def insert(self, node_runs: Sequence[NodeRun]) -> set[str]:
        """Insert those that are new; the ids of those that were there already."""
        return await self._collection.insert_many([_document(node_run) for node_run in node_runs])

    async def finish(self, node_runs: Sequence[NodeRun]) -> bool:
        """Put results into open claims; False when some claim is no longer open: somebody else has."""
        guarded = [
            ({"_id": each.id, "executor": each.executor, "open": True}, _document(each)) for each in node_runs
        ]
        return await self._collection.replace_many(guarded) == len(node_runs)

    async def open_claims(self, executor: str, limit: int) -> list[NodeRun]:
        """What this executor has claimed and not finished, at most `limit`."""
        found = await self._collection.find({"executor": executor, "open": True}, limit=limit)
        return [NodeRun.model_validate(document) for document in found]

    async def open_among(self, ids: Sequence[str]) -> list[NodeRun]:
        """Those of these that are claimed and not finished."""
        found = await self._collection.find({"_id": {"$in": list(ids)}, "open": True}) if ids else []
        return [NodeRun.model_validate(document) for document in found]

    async def load(self, ids: Sequence[str]) -> dict[str, NodeRun]:
        """Those that exist, by id."""
        found = await self._collection.find({"_id": {"$in": list(ids)}}) if ids else []
        return {document["_id"]: NodeRun.model_validate(document) for document in found}

    async def of_run(self, run_id: str) -> list[NodeRun]:
        """All of one run, oldest first."""
        found = await self._collection.find({"run_id": run_id})
        return sorted(
            (NodeRun.model_validate(document) for document in found), key=lambda each: each.created_at
        )


def _document(node_run: NodeRun) -> Document:
    return node_run.model_dump(by_alias=True, exclude_defaults=True)
