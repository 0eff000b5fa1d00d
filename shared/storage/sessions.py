"""`sessions`: one document a sign-in."""

from shared.contracts.base import Millis
from shared.contracts.identity import Session
from shared.storage.mongo import Document, Store


class Sessions:
    """The sign-ins of everybody."""

    def __init__(self, store: Store) -> None:
        self._collection = store["sessions"]

    async def insert(self, session: Session) -> None:
        """Begin one."""
        await self._collection.insert_one(_document(session))

    async def get(self, session_id: str) -> Session | None:
        """The session with this id, ended or not."""
        found = await self._collection.find_one({"_id": session_id})
        return _session(found) if found else None

    async def of_user(self, user_id: str) -> list[Session]:
        """A person's sessions that are kept, the newest first."""
        found = await self._collection.find({"user_id": user_id})
        return sorted((_session(each) for each in found), key=lambda one: one.created_at, reverse=True)

    async def save(self, session: Session) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        guard = {"_id": session.id, "rev": session.rev - 1}
        return await self._collection.replace_one(guard, _document(session))

    async def forget(self, user_id: str, before: Millis) -> None:
        """Drop those of a person that have run out."""
        await self._collection.delete({"user_id": user_id, "expires_at": {"$lt": before}})


def _document(session: Session) -> Document:
    return {"_id": session.id, **session.model_dump(exclude={"id"})}


def _session(document: Document) -> Session:
    return Session.model_validate({"id": document.pop("_id"), **document})
