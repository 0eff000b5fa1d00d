"""`users`, and `emails` that lead to them: the address is the id there, so that nobody has it twice."""

from collections.abc import Collection, Sequence

from shared.contracts.identity import User
from shared.storage.mongo import Document, Store


class Users:
    """The people of the installation."""

    def __init__(self, store: Store) -> None:
        self._users = store["users"]
        self._emails = store["emails"]

    async def insert(self, user: User) -> bool:
        """False when somebody has this address already."""
        if not await self._reserved(user):
            return False
        return await self._users.insert_one(_document(user))

    async def load(self, ids: Sequence[str]) -> dict[str, User]:
        """Those that exist, by id."""
        found = await self._users.find({"_id": {"$in": list(ids)}})
        return {each["_id"]: _user(each) for each in found}

    async def get(self, user_id: str) -> User | None:
        """The user with this id."""
        return (await self.load([user_id])).get(user_id)

    async def with_email(self, email: str) -> User | None:
        """The user with this address, in whatever case. Takes as long when there is none."""
        known = await self._emails.find_one({"_id": email.lower()})
        return await self.get(known["user_id"] if known else "")

    async def named(self, names: Collection[str]) -> list[User]:
        """Those that have one of these addresses, in whatever case, or ids."""
        found = await self._emails.find({"_id": {"$in": [each.lower() for each in names]}})
        ids = {each["user_id"] for each in found} | {each for each in names if each.startswith("user_")}
        return list((await self.load(list(ids))).values()) if ids else []

    async def save(self, user: User) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        return await self._users.replace_one({"_id": user.id, "rev": user.rev - 1}, _document(user))

    async def page(self, *, before: str | None, limit: int) -> list[User]:
        """The newest first."""
        query: Document = {"_id": {"$lt": before}} if before else {}
        found = await self._users.find(query, sort="_id", descending=True, limit=limit)
        return [_user(each) for each in found]

    async def any(self) -> bool:
        """Whether there is anybody."""
        return await self._users.find_one({}) is not None

    async def _reserved(self, user: User) -> bool:
        """The address for this user; one that was reserved for somebody who never came to be is free."""
        wanted = {"_id": user.email, "user_id": user.id}
        if await self._emails.insert_one(wanted):
            return True
        known = await self._emails.find_one({"_id": user.email})
        if known is None or known["user_id"] == user.id or await self.get(known["user_id"]):
            return known is not None and known["user_id"] == user.id
        return await self._emails.replace_one({"_id": user.email, "user_id": known["user_id"]}, wanted)


def _document(user: User) -> Document:
    return {"_id": user.id, **user.model_dump(exclude={"id"})}


def _user(document: Document) -> User:
    return User.model_validate({"id": document.pop("_id"), **document})
