"""`api_keys`: every key, by the public part of it."""

from shared.contracts.base import Millis
from shared.contracts.identity import ApiKey
from shared.storage.mongo import Document, Store


class ApiKeys:
    """The keys of people, workspaces, and of the installation."""

    def __init__(self, store: Store) -> None:
        self._collection = store["api_keys"]

    async def insert(self, key: ApiKey) -> bool:
        """False when there is one with this id."""
        return await self._collection.insert_one({"_id": key.id, **key.model_dump(exclude={"id"})})

    async def get(self, key_id: str) -> ApiKey | None:
        """The key with this id."""
        found = await self._collection.find_one({"_id": key_id})
        return _key(found) if found else None

    async def of_user(self, user_id: str) -> list[ApiKey]:
        """A person's own keys, the newest first."""
        return _newest(await self._collection.find({"user_id": user_id, "kind": "personal"}))

    async def of_workspace(self, workspace_id: str) -> list[ApiKey]:
        """A workspace's own keys, the newest first."""
        return _newest(await self._collection.find({"workspace_id": workspace_id, "kind": "workspace"}))

    async def used(self, key: ApiKey, now: Millis) -> bool:
        """Note that it was used; False when it has changed since it was read."""
        return await self.save(key.model_copy(update={"last_used_at": now, "rev": key.rev + 1}))

    async def save(self, key: ApiKey) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        document = {"_id": key.id, **key.model_dump(exclude={"id"})}
        return await self._collection.replace_one({"_id": key.id, "rev": key.rev - 1}, document)

    async def remove(self, key_id: str) -> bool:
        """It opens nothing any more; False when it was gone."""
        return await self._collection.delete({"_id": key_id}) == 1


def _newest(documents: list[Document]) -> list[ApiKey]:
    return sorted((_key(each) for each in documents), key=lambda key: key.created_at, reverse=True)


def _key(document: Document) -> ApiKey:
    return ApiKey.model_validate({"id": document.pop("_id"), **document})
