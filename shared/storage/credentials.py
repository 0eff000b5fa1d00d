"""`credentials` (the gateway writes them), `credential_states` (connectors do) and `connecting`, the sign-ins
under way, which both write. `sealed` is an envelope that only connectors can open."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from shared.contracts.base import Millis
from shared.contracts.credential import Connecting, Credential, CredentialState
from shared.sealing import context_of
from shared.storage.mongo import Document, Store

T = TypeVar("T", Credential, CredentialState, Connecting)


class Credentials:
    """All credentials; whoever serves a caller asks by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["credentials"]

    async def insert(self, credential: Credential) -> bool:
        """False when one with this id is there already."""
        return await self._collection.insert_one(_document(credential))

    async def load(self, workspace_id: str, ids: Collection[str]) -> dict[str, Credential]:
        """Those of these that are the workspace's, by id."""
        query = {"_id": {"$in": list(ids)}, "workspace_id": workspace_id}
        return {each["_id"]: _model(Credential, each) for each in await self._collection.find(query)}

    async def get(self, workspace_id: str, credential_id: str) -> Credential | None:
        """One of this workspace."""
        return (await self.load(workspace_id, [credential_id])).get(credential_id)

    async def page(self, workspace_id: str, *, before: str | None, limit: int) -> list[Credential]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_model(Credential, each) for each in found]

    async def save(self, credential: Credential) -> bool:
        """Replace the one whose `rev` is one less; False when it has changed since it was read."""
        return await self._collection.replace_one(_over(credential), _document(credential))

    async def delete(self, workspace_id: str, credential_id: str) -> bool:
        """False when there is none."""
        return await self._collection.delete({"_id": credential_id, "workspace_id": workspace_id}) == 1

    async def sealed_to(self, kids: Sequence[str], limit: int) -> list[Credential]:
        """Some of those that are sealed to one of these keys."""
        found = await self._collection.find({"kid": {"$in": list(kids)}}, limit=limit)
        return [_model(Credential, each) for each in found]

    async def by_key(self) -> dict[str, int]:
        """How many are sealed to which key."""
        return await self._collection.count_by({}, "kid")


class CredentialStates:
    """What has become of them in use."""

    def __init__(self, store: Store) -> None:
        self._collection = store["credential_states"]

    async def load(self, ids: Collection[str]) -> dict[str, CredentialState]:
        """By id; those that were never used have none."""
        found = await self._collection.find({"_id": {"$in": list(ids)}}) if ids else []
        return {each["_id"]: _model(CredentialState, each) for each in found}

    async def of(self, credential: Credential) -> CredentialState:
        """The state of a credential. What is known of data that has been replaced since does not count."""
        state = (await self.load([credential.id])).get(credential.id)
        if state and state.data_rev == credential.data_rev:
            return state
        fresh = CredentialState(
            id=credential.id, workspace_id=credential.workspace_id, data_rev=credential.data_rev
        )
        return fresh.model_copy(update={"rev": state.rev, "used_at": state.used_at}) if state else fresh

    async def save(self, state: CredentialState) -> bool:
        """Insert the first, or replace the one whose `rev` is one less; False when somebody was faster."""
        if state.rev == 1 and await self._collection.insert_one(_document(state)):
            return True
        return await self._collection.replace_one(_over(state), _document(state))

    async def delete(self, workspace_id: str, credential_id: str) -> None:
        """Forget it."""
        await self._collection.delete({"_id": credential_id, "workspace_id": workspace_id})

    async def sealed_to(self, kids: Sequence[str], limit: int) -> list[CredentialState]:
        """Some of those that are sealed to one of these keys."""
        found = await self._collection.find({"kid": {"$in": list(kids)}}, limit=limit)
        return [_model(CredentialState, each) for each in found]

    async def by_key(self) -> dict[str, int]:
        """How many have tokens sealed to which key."""
        found = await self._collection.count_by({}, "kid")
        return {kid: count for kid, count in found.items() if kid}


class Connectings:
    """Sign-ins under way. Those that came to nothing are deleted when others begin."""

    def __init__(self, store: Store) -> None:
        self._collection = store["connecting"]

    async def begin(self, connecting: Connecting, now: Millis) -> None:
        """Remember one."""
        await self._collection.delete({"expires_at": {"$lt": now}})
        await self._collection.insert_one(_document(connecting))

    async def get(self, connecting_id: str, now: Millis) -> Connecting | None:
        """One that has not expired."""
        found = await self._collection.find_one({"_id": connecting_id, "expires_at": {"$gte": now}})
        return _model(Connecting, found) if found else None

    async def answered(self, connecting: Connecting) -> bool:
        """Keep the code that has come back; False when one has before."""
        return await self._collection.replace_one({"_id": connecting.id, "code": ""}, _document(connecting))

    async def end(self, connecting_id: str) -> bool:
        """Take it away, so that nobody can finish it once more; False when somebody has."""
        return await self._collection.delete({"_id": connecting_id}) == 1


def data_context(credential: Credential) -> bytes:
    """What a credential's data is sealed as."""
    return context_of("credential", credential.workspace_id, credential.id, credential.type)


def tokens_context(state: CredentialState) -> bytes:
    """What its tokens are sealed as."""
    return context_of("tokens", state.workspace_id, state.id, str(state.data_rev))


def connecting_context(connecting: Connecting, what: str) -> bytes:
    """What the `verifier` or the `code` of a sign-in is sealed as."""
    return context_of(what, connecting.workspace_id, connecting.credential_id, connecting.id)


def _over(model: Credential | CredentialState) -> Document:
    return {"_id": model.id, "rev": model.rev - 1, "workspace_id": model.workspace_id}


def _document(model: Credential | CredentialState | Connecting) -> Document:
    return {"_id": model.id, **model.model_dump(exclude={"id"})}


def _model(kind: type[T], document: Document) -> T:
    return kind.model_validate({"id": document.pop("_id"), **document})
