"""`workspaces`, `members` (`_id` is `<workspace>:<user>`), and `grants` (`_id` is `<workflow>:<user>`)."""

from collections.abc import Sequence

from shared.contracts.identity import Grant, Member, Workspace
from shared.storage.mongo import Document, Store


class Workspaces:
    """The tenants."""

    def __init__(self, store: Store) -> None:
        self._collection = store["workspaces"]

    async def insert(self, workspace: Workspace) -> bool:
        """False when there is one with this id."""
        return await self._collection.insert_one(_by_id(workspace))

    async def load(self, ids: Sequence[str]) -> dict[str, Workspace]:
        """Those that exist, by id."""
        found = await self._collection.find({"_id": {"$in": list(ids)}})
        return {each["_id"]: _workspace(each) for each in found}

    async def get(self, workspace_id: str) -> Workspace | None:
        """The workspace with this id."""
        return (await self.load([workspace_id])).get(workspace_id)

    async def save(self, workspace: Workspace) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        guard = {"_id": workspace.id, "rev": workspace.rev - 1}
        return await self._collection.replace_one(guard, _by_id(workspace))

    async def page(self, *, after: str | None, limit: int) -> list[Workspace]:
        """All, by id."""
        query: Document = {"_id": {"$gt": after}} if after else {}
        found = await self._collection.find(query, sort="_id", limit=limit)
        return [_workspace(each) for each in found]


class Members:
    """Who belongs to which workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["members"]

    async def insert(self, member: Member) -> bool:
        """False when they are one already."""
        return await self._collection.insert_one(_member_document(member))

    async def get(self, workspace_id: str, user_id: str) -> Member | None:
        """This person in this workspace."""
        found = await self._collection.find_one({"_id": f"{workspace_id}:{user_id}"})
        return _member(found) if found else None

    async def load(self, of: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Member]:
        """Those that exist, by workspace and person."""
        ids = [f"{workspace_id}:{user_id}" for workspace_id, user_id in of]
        found = map(_member, await self._collection.find({"_id": {"$in": ids}})) if ids else ()
        return {(each.workspace_id, each.user_id): each for each in found}

    async def of_user(self, user_id: str) -> list[Member]:
        """Every workspace they belong to."""
        return [_member(each) for each in await self._collection.find({"user_id": user_id})]

    async def of_workspace(self, workspace_id: str) -> list[Member]:
        """Everybody who belongs to it."""
        found = await self._collection.find({"workspace_id": workspace_id})
        return sorted((_member(each) for each in found), key=lambda member: member.created_at)

    async def save(self, member: Member) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        guard = {"_id": f"{member.workspace_id}:{member.user_id}", "rev": member.rev - 1}
        return await self._collection.replace_one(guard, _member_document(member))

    async def remove(self, member: Member) -> bool:
        """False when it has changed since it was read."""
        guard = {"_id": f"{member.workspace_id}:{member.user_id}", "rev": member.rev}
        return await self._collection.delete(guard) == 1


class Grants:
    """What members may do with single workflows."""

    def __init__(self, store: Store) -> None:
        self._collection = store["grants"]

    async def put(self, grant: Grant) -> None:
        """Say it, whatever was said before."""
        document = {"_id": f"{grant.workflow_id}:{grant.user_id}", **grant.model_dump()}
        guard = {"_id": document["_id"], "workspace_id": grant.workspace_id}
        while not (
            await self._collection.insert_one(document) or await self._collection.replace_one(guard, document)
        ):
            """Somebody has taken it back in between."""

    async def load(self, of: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Grant]:
        """What was said, by workflow and member."""
        ids = [f"{workflow_id}:{user_id}" for workflow_id, user_id in of]
        found = map(_grant, await self._collection.find({"_id": {"$in": ids}})) if ids else ()
        return {(each.workflow_id, each.user_id): each for each in found}

    async def of_user(self, workspace_id: str, user_id: str) -> list[Grant]:
        """What was said of a member."""
        found = await self._collection.find({"user_id": user_id, "workspace_id": workspace_id})
        return [_grant(each) for each in found]

    async def of_workflow(self, workspace_id: str, workflow_id: str) -> list[Grant]:
        """What was said of a workflow."""
        found = await self._collection.find({"workflow_id": workflow_id, "workspace_id": workspace_id})
        return [_grant(each) for each in found]

    async def remove(self, workspace_id: str, workflow_id: str, user_id: str) -> bool:
        """Take it back; False when nothing was said."""
        guard = {"_id": f"{workflow_id}:{user_id}", "workspace_id": workspace_id}
        return await self._collection.delete(guard) == 1

    async def forget_user(self, workspace_id: str, user_id: str) -> None:
        """Take back all that was said of a member."""
        await self._collection.delete({"user_id": user_id, "workspace_id": workspace_id})


def _by_id(workspace: Workspace) -> Document:
    return {"_id": workspace.id, **workspace.model_dump(exclude={"id"})}


def _workspace(document: Document) -> Workspace:
    return Workspace.model_validate({"id": document.pop("_id"), **document})


def _member_document(member: Member) -> Document:
    return {"_id": f"{member.workspace_id}:{member.user_id}", **member.model_dump()}


def _member(document: Document) -> Member:
    return Member.model_validate({name: value for name, value in document.items() if name != "_id"})


def _grant(document: Document) -> Grant:
    return Grant.model_validate({name: value for name, value in document.items() if name != "_id"})
