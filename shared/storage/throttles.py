"""`throttles`: failed attempts to sign in, by account and address; `_id` is a digest of both."""

from shared.contracts.base import Contract, Millis
from shared.storage.mongo import Store


class Attempts(Contract):
    """How often it was tried in vain, and until when nobody need try again."""

    id: str
    fails: int = 0
    until: Millis = 0
    at: Millis
    rev: int = 0


class Throttles:
    """Failed attempts of everybody."""

    def __init__(self, store: Store) -> None:
        self._collection = store["throttles"]

    async def load(self, ids: list[str]) -> dict[str, Attempts]:
        """Those that exist, by id."""
        found = await self._collection.find({"_id": {"$in": ids}})
        return {each["_id"]: Attempts.model_validate({"id": each.pop("_id"), **each}) for each in found}

    async def save(self, attempts: Attempts) -> bool:
        """Insert the first, replace the one whose `rev` is one less; False when somebody was faster."""
        document = {"_id": attempts.id, **attempts.model_dump(exclude={"id"})}
        if attempts.rev == 0:
            return await self._collection.insert_one(document)
        return await self._collection.replace_one({"_id": attempts.id, "rev": attempts.rev - 1}, document)

    async def forget(self, attempts_id: str) -> None:
        """It has been right."""
        await self._collection.delete({"_id": attempts_id})
