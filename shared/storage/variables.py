"""`variables`: named values of workspaces; `_id` is `<workspace>:<name>`. The gateway writes them."""

from collections.abc import Collection

from shared.contracts.variable import Variable
from shared.storage.mongo import Document, Store


class Variables:
    """The variables of all workspaces, always found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["variables"]

    async def insert(self, variable: Variable) -> bool:
        """False when there is one of this name."""
        return await self._collection.insert_one(_document(variable))

    async def get(self, workspace_id: str, name: str) -> Variable | None:
        """The variable of this name."""
        found = await self._collection.find_one({"_id": f"{workspace_id}:{name}"})
        return _variable(found) if found else None

    async def named(self, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], Variable]:
        """Those that there are, by workspace and name."""
        ids = [f"{workspace_id}:{name}" for workspace_id, name in names]
        found = map(_variable, await self._collection.find({"_id": {"$in": ids}}) if ids else [])
        return {(each.workspace_id, each.name): each for each in found}

    async def plain(self, workspace_ids: Collection[str]) -> list[Variable]:
        """All of these workspaces that are not secret."""
        if not workspace_ids:
            return []
        query: Document = {"workspace_id": {"$in": list(workspace_ids)}, "secret": False}
        return [_variable(each) for each in await self._collection.find(query)]

    async def page(self, workspace_id: str, *, after: str | None, limit: int) -> list[Variable]:
        """By name, those that come after one."""
        query: Document = {"workspace_id": workspace_id}
        if after:
            query["_id"] = {"$gt": f"{workspace_id}:{after}"}
        return [_variable(each) for each in await self._collection.find(query, sort="_id", limit=limit)]

    async def names(self, workspace_id: str, limit: int, *, secret: bool | None = None) -> list[str]:
        """The names of all, or of the secret or the plain ones; no value is read."""
        query: Document = {"workspace_id": workspace_id}
        if secret is not None:
            query["secret"] = secret
        return [each.rpartition(":")[2] for each in await self._collection.ids(query, limit=limit)]

    async def sealed_to(self, kids: Collection[str], limit: int) -> list[Variable]:
        """Some of those that are sealed to one of these keys, whatever workspace they belong to."""
        found = await self._collection.find({"kid": {"$in": list(kids)}}, limit=limit)
        return [_variable(each) for each in found]

    async def by_key(self) -> dict[str, int]:
        """How many are sealed to which key."""
        return await self._collection.count_by({"secret": True}, "kid")

    async def save(self, variable: Variable) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        guard = {"_id": f"{variable.workspace_id}:{variable.name}", "rev": variable.rev - 1}
        return await self._collection.replace_one(guard, _document(variable))

    async def delete(self, workspace_id: str, name: str) -> bool:
        """False when there is none."""
        return await self._collection.delete({"_id": f"{workspace_id}:{name}"}) == 1


def _document(variable: Variable) -> Document:
    return {"_id": f"{variable.workspace_id}:{variable.name}", **variable.model_dump()}


def _variable(document: Document) -> Variable:
    return Variable.model_validate({name: value for name, value in document.items() if name != "_id"})
