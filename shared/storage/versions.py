"""`versions`: immutable; `_id` is `<workflow>:<n>`, or `adhoc:<sha-256>` for graphs run without a
workflow."""

from collections.abc import Sequence

from shared.contracts.version import Version
from shared.storage.mongo import Document, Store


class Versions:
    """Graphs frozen together with what their node types said."""

    def __init__(self, store: Store) -> None:
        self._collection = store["versions"]

    async def insert(self, version: Version) -> bool:
        """False when this version is there already."""
        document = version.model_dump(mode="json", exclude={"id"})
        return await self._collection.insert_one({"_id": version.id, **document})

    async def load(self, ids: Sequence[str]) -> dict[str, Version]:
        """Those that exist, by id. For the planner, which serves every workspace."""
        return {
            each["_id"]: _version(each) for each in await self._collection.find({"_id": {"$in": list(ids)}})
        }

    async def get(self, workspace_id: str, version_id: str) -> Version | None:
        """A version of this workspace."""
        document = await self._collection.find_one({"_id": version_id, "workspace_id": workspace_id})
        return _version(document) if document else None

    async def of_workflow(self, workspace_id: str, workflow_id: str) -> list[Version]:
        """All versions of a workflow, newest first."""
        found = await self._collection.find({"workflow_id": workflow_id, "workspace_id": workspace_id})
        return sorted((_version(each) for each in found), key=lambda version: -(version.number or 0))


def _version(document: Document) -> Version:
    return Version.model_validate(
        {"id": document["_id"], **{k: v for k, v in document.items() if k != "_id"}}
    )
