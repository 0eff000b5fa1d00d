"""`identities`: who people are at the providers that they sign in with. The id is made of the provider and
its name for the person, so that nobody is two people here."""

from hashlib import sha256

from shared.contracts.identity import Identity
from shared.storage.mongo import Document, Store


def identity_id(issuer: str, subject: str) -> str:
    """The id of somebody whom this provider calls so."""
    return sha256(f"{issuer}\0{subject}".encode()).hexdigest()


class Identities:
    """The accounts elsewhere of everybody."""

    def __init__(self, store: Store) -> None:
        self._collection = store["identities"]

    async def insert(self, identity: Identity) -> bool:
        """False when it belongs to somebody already."""
        wanted = identity_id(identity.issuer, identity.subject)
        return await self._collection.insert_one({"_id": wanted, **identity.model_dump()})

    async def get(self, issuer: str, subject: str) -> Identity | None:
        """Whose it is."""
        found = await self._collection.find_one({"_id": identity_id(issuer, subject)})
        return _identity(found) if found else None

    async def of_user(self, user_id: str) -> list[Identity]:
        """All that a person has."""
        return [_identity(each) for each in await self._collection.find({"user_id": user_id})]

    async def remove(self, identity: Identity) -> bool:
        """It leads to nobody any more; False when it did not lead to this person."""
        guard = {"_id": identity_id(identity.issuer, identity.subject), "user_id": identity.user_id}
        return await self._collection.delete(guard) == 1


def _identity(document: Document) -> Identity:
    return Identity.model_validate({name: value for name, value in document.items() if name != "_id"})
