"""`password_resets`: who has forgotten a password, until they have chosen another or that has run out."""

from shared.contracts.base import Millis
from shared.contracts.identity import PasswordReset
from shared.storage.mongo import Store


class PasswordResets:
    """The resets of everybody."""

    def __init__(self, store: Store) -> None:
        self._collection = store["password_resets"]

    async def insert(self, reset: PasswordReset) -> None:
        """Keep a new one."""
        await self._collection.insert_one({"_id": reset.id, **reset.model_dump(exclude={"id"})})

    async def get(self, reset_id: str) -> PasswordReset | None:
        """The reset with this id, run out or not."""
        found = await self._collection.find_one({"_id": reset_id})
        return PasswordReset.model_validate({"id": found.pop("_id"), **found}) if found else None

    async def open_of(self, user_id: str, now: Millis) -> list[str]:
        """The ids of those of a person that have not run out."""
        return await self._collection.ids({"user_id": user_id, "expires_at": {"$gt": now}}, limit=100)

    async def forget(self, user_id: str) -> None:
        """None of a person's opens anything any more."""
        await self._collection.delete({"user_id": user_id})
