"""Who is who, as it lately was: looked up at every request, in memory most of the time."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.identity import ApiKey, Granted, Role, Session, User, Workspace
from shared.fresh import Fresh
from shared.storage.api_keys import ApiKeys
from shared.storage.identities import Identities
from shared.storage.invitations import Invitations
from shared.storage.mongo import Store
from shared.storage.people import Users
from shared.storage.resets import PasswordResets
from shared.storage.sessions import Sessions
from shared.storage.workspaces import Grants, Members, Workspaces


@dataclass(frozen=True)
class Standing:
    """A person in a workspace: their role, and what was said of single workflows."""

    role: Role
    grants: Mapping[str, Granted]


class Directory:
    """Keys, people, sessions, workspaces and memberships."""

    def __init__(self, store: Store) -> None:
        self.users = Users(store)
        self.sessions = Sessions(store)
        self.keys = ApiKeys(store)
        self.workspaces = Workspaces(store)
        self.members = Members(store)
        self.grants = Grants(store)
        self.invitations = Invitations(store)
        self.identities = Identities(store)
        self.resets = PasswordResets(store)
        self._user: Fresh[str, User] = Fresh(self.users.get)
        self._session: Fresh[str, Session] = Fresh(self.sessions.get)
        self._key: Fresh[str, ApiKey] = Fresh(self.keys.get)
        self._workspace: Fresh[str, Workspace] = Fresh(self.workspaces.get)
        self._standing: Fresh[tuple[str, str], Standing] = Fresh(self._read_standing)

    async def user(self, user_id: str) -> User | None:
        """A person who has not been shut out."""
        found = await self._user.get(user_id)
        return found if found and found.state == "active" else None

    async def session(self, session_id: str) -> Session | None:
        """A sign-in, ended or not."""
        return await self._session.get(session_id)

    async def key(self, key_id: str) -> ApiKey | None:
        """A key, run out or not."""
        return await self._key.get(key_id)

    async def workspace(self, workspace_id: str) -> Workspace | None:
        """A workspace, whoever asks."""
        return await self._workspace.get(workspace_id)

    async def standing(self, workspace_id: str, user_id: str) -> Standing | None:
        """What a person is in a workspace; None for strangers."""
        return await self._standing.get((workspace_id, user_id))

    def changed(self) -> None:
        """Something of all this is different now: read it anew."""
        for each in (self._user, self._session, self._key, self._workspace, self._standing):
            each.changed_all()

    async def _read_standing(self, of: tuple[str, str]) -> Standing | None:
        workspace_id, user_id = of
        member = await self.members.get(workspace_id, user_id)
        if member is None:
            return None
        grants = await self.grants.of_user(workspace_id, user_id)
        return Standing(member.role, {each.workflow_id: each.role for each in grants})
