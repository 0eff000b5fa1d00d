"""`cache`: what nodes with a `cache_ttl_s` have answered, under a digest of all that it depends on."""

from dataclasses import dataclass

from shared.contracts.base import Millis
from shared.contracts.value import Value
from shared.storage.mongo import Document, Store


@dataclass(frozen=True)
class Kept:
    """An answer, and how long it may stand in for another."""

    port: str
    output: Value
    expires_at: Millis


class Cache:
    """Answers of all workspaces; the key tells them apart, the workspace is checked all the same."""

    def __init__(self, store: Store) -> None:
        self._collection = store["cache"]

    async def find(self, key: str, workspace_id: str, now: Millis) -> Kept | None:
        """What is kept under the key and has not expired."""
        document = await self._collection.find_one({"_id": key})
        if document is None or document["workspace_id"] != workspace_id:
            return None
        kept = Kept(document["port"], Value.model_validate(document["output"]), document["expires_at"])
        return kept if kept.expires_at > now else None

    async def keep(self, key: str, workspace_id: str, kept: Kept) -> None:
        """Keep an answer in place of an earlier one."""
        document: Document = {
            "_id": key,
            "workspace_id": workspace_id,
            "port": kept.port,
            "output": kept.output.model_dump(),
            "expires_at": kept.expires_at,
        }
        if not await self._collection.replace_one({"_id": key}, document):
            await self._collection.insert_one(document)
