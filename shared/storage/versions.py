"""`versions`: immutable; `_id` is `<workflow>:<n>`, or `adhoc:<sha-256>` for graphs run without a
workflow. Those have a `used_at`, near to when a run was last begun with them."""

from collections.abc import Sequence

from shared.contracts.base import Millis
from shared.contracts.version import Version
from shared.storage.mongo import Document, Store

AD_HOC = "adhoc:"


class Versions:
    """Graphs frozen together with what their node types said."""

    def __init__(self, store: Store) -> None:
        self._collection = store["versions"]

    async def insert(self, version: Version) -> bool:
        """False when this version is there already."""
        return await self._collection.insert_one(_document(version))

    async def use(self, version: Version, now: Millis) -> None:
        """Have an ad hoc version there for a run that is about to begin."""
        document = {**_document(version), "used_at": now}
        guard = {"_id": version.id}
        while not (
            await self._collection.insert_one(document) or await self._collection.replace_one(guard, document)
        ):
            """The janitor has removed it in between."""

    async def used(self, version_id: str, now: Millis) -> bool:
        """Whether a version is there for a run that is about to begin; one that is ad hoc then stays."""
        found = await self._collection.find_one({"_id": version_id})
        if found is None or not version_id.startswith(AD_HOC):
            return found is not None
        return await self._collection.replace_one({"_id": version_id}, {**found, "used_at": now})

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


def _document(version: Version) -> Document:
    return {"_id": version.id, **version.model_dump(mode="json", exclude={"id"})}


def _version(document: Document) -> Version:
    return Version.model_validate(
        {"id": document["_id"], **{k: v for k, v in document.items() if k not in ("_id", "used_at")}}
    )
