"""The caller behind a key or a sign-in, and their access, as of now."""

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller
from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed
from services.gateway.identity.permissions import Permission
from services.gateway.identity.rights import Access
from shared.contracts.base import Millis
from shared.contracts.identity import ApiKey
from shared.ids import now_ms

INSTALLATION = Caller("key", "installation", "api", owner=True, everywhere="admin")
"""Who comes with the key of the environment."""


class KnownCallers:
    """`key` is the installation's own by the environment, if it has one there."""

    def __init__(self, directory: Directory, key: str | None) -> None:
        self._directory = directory
        self.installation = hashed(key).encode() if key else None

    async def holding(self, holder: str, now: Millis) -> Caller | None:
        """Who holds the key or sign-in of this id (`Caller.holder`); None when it is good no longer."""
        if holder == INSTALLATION.holder:
            return INSTALLATION if self.installation else None
        if holder.startswith("ses_"):
            return await self.of_session(holder, now)
        key = await self._directory.key(holder)
        return await self.of_key(key) if key and not key.run_out(now) else None

    async def of_key(self, key: ApiKey) -> Caller | None:
        """Who comes with this key; None when its owner is shut out."""
        scopes = None if key.scopes is None else frozenset(key.scopes)
        if key.kind == "installation":
            return Caller("key", key.id, key.name, owner=True, everywhere="admin", scopes=scopes)
        if key.kind == "workspace":
            return Caller(
                "key", key.id, key.name, workspace_id=key.workspace_id, role=key.role, scopes=scopes,
                key_id=key.id,
            )  # fmt: skip
        user = await self._directory.user(key.user_id or "")
        if user is None:
            return None
        return Caller("person", user.id, user.email, owner=user.owner, scopes=scopes, key_id=key.id)

    async def of_session(self, session_id: str, now: Millis) -> Caller | None:
        """Who has signed in; None when that has ended."""
        session = await self._directory.session(session_id)
        if session is None or session.ended_at or session.expires_at <= now:
            return None
        user = await self._directory.user(session.user_id)
        if user is None or session.epoch != user.epoch:
            return None
        return Caller("person", user.id, user.email, owner=user.owner, session_id=session.id)

    async def access(self, caller: Caller, workspace_id: str) -> Access:
        """Their access to a workspace; raises Refused. Strangers are told what they would be told if there
        were no such workspace."""
        if caller.workspace_id == workspace_id and caller.role:
            return Access(caller, workspace_id, caller.role)
        if caller.everywhere and await self._directory.workspace(workspace_id):
            return Access(caller, workspace_id, caller.everywhere)
        person = caller.kind == "person"
        standing = await self._directory.standing(workspace_id, caller.id) if person else None
        if standing is None:
            raise Refused("not_found", f"There is no such workspace, or it is not yours: {workspace_id!r}")
        return Access(caller, workspace_id, standing.role, standing.grants)

    async def may_still(self, access: Access, permission: Permission, workflow_id: str | None) -> bool:
        """Whether who was let in would be let in again: for what goes on for long."""
        caller = await self.holding(access.caller.holder, now_ms())
        if caller is None:
            return False
        try:
            (await self.access(caller, access.workspace_id)).need(permission, workflow_id)
        except Refused:
            return False
        return True
