"""`invitations`: who has been asked into a workspace, until they have come or it has run out."""

from shared.contracts.base import Millis
from shared.contracts.identity import Invitation
from shared.storage.mongo import Document, Store


class Invitations:
    """The invitations to all workspaces."""

    def __init__(self, store: Store) -> None:
        self._collection = store["invitations"]

    async def insert(self, invitation: Invitation) -> None:
        """Keep a new one."""
        await self._collection.insert_one(_document(invitation))

    async def save(self, invitation: Invitation, *, over: Invitation) -> bool:
        """Replace what was read as `over`; False when it has another token by now, or is gone."""
        guard = {"_id": over.id, "hash": over.hash}
        return await self._collection.replace_one(guard, _document(invitation))

    async def get(self, invitation_id: str) -> Invitation | None:
        """The invitation with this id, run out or not."""
        found = await self._collection.find_one({"_id": invitation_id})
        return _invitation(found) if found else None

    async def of_workspace(self, workspace_id: str, now: Millis) -> list[Invitation]:
        """Those that are open, the newest first."""
        found = await self._collection.find({"workspace_id": workspace_id, "expires_at": {"$gt": now}})
        return _newest(found)

    async def of_address(self, email: str, now: Millis) -> list[Invitation]:
        """Those that are open to this address, the newest first."""
        return _newest(await self._collection.find({"email": email, "expires_at": {"$gt": now}}))

    async def remove(self, workspace_id: str, invitation_id: str) -> bool:
        """It opens nothing any more; False when it was gone."""
        return await self._collection.delete({"_id": invitation_id, "workspace_id": workspace_id}) == 1

    async def forget(self, workspace_id: str, before: Millis) -> None:
        """Drop those of a workspace that have run out."""
        await self._collection.delete({"workspace_id": workspace_id, "expires_at": {"$lt": before}})


def _newest(documents: list[Document]) -> list[Invitation]:
    return sorted((_invitation(each) for each in documents), key=lambda one: one.id, reverse=True)


def _document(invitation: Invitation) -> Document:
    return {"_id": invitation.id, **invitation.model_dump(exclude={"id"})}


def _invitation(document: Document) -> Invitation:
    return Invitation.model_validate({"id": document.pop("_id"), **document})
