"""People of the tests: signed in without a password being hashed for each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from services.gateway.identity.keys import hashed, new_key
from services.gateway.parts import Gateway
from shared.contracts.identity import ApiKey, Member, Role, Session, User, Workspace
from shared.ids import new_id, now_ms
from shared.service import Service
from tests.integration.gateway.api import Answer, Api, parts_of

PASSWORD = "correct horse battery"


class Person(Api):
    """Somebody who calls, with a token of their own, in one workspace."""

    def __init__(self, url: str, session: aiohttp.ClientSession, token: str, workspace: str) -> None:
        super().__init__(url, session)
        self.workspace = f"{url}/api/v1/workspaces/{workspace}"
        self.token = token
        self.id = ""
        self.email = ""

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """As this person, unless there is no token."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given = {**headers, **options.pop("headers", {})}
        return await super().call(method, path, body, headers=given, **options)


class Town:
    """Where people and workspaces come from."""

    def __init__(self, service: Service, session: aiohttp.ClientSession) -> None:
        self.url = f"http://127.0.0.1:{service.listen[1]}"
        self.parts: Gateway = parts_of(service)
        self._session = session

    def anybody(self, workspace: str = "default", token: str = "") -> Person:
        """A caller with this token, or without any."""
        return Person(self.url, self._session, token, workspace)

    async def workspace(self) -> str:
        """The id of a new one, which nobody belongs to."""
        made = Workspace(id=new_id("ws"), name="Test", created_at=now_ms())
        await self.parts.directory.workspaces.insert(made)
        return made.id

    async def person(
        self,
        workspace: str = "default",
        role: Role | None = None,
        *,
        password: str | None = None,
        owner: bool = False,
    ) -> Person:
        """Somebody new who is signed in; `password` is what is kept of it."""
        now, user_id = now_ms(), new_id("user")
        email = f"{user_id.lower()}@example.com"
        user = User(id=user_id, email=email, name="Somebody", password=password, owner=owner, created_at=now)
        await self.parts.directory.users.insert(user)
        if role:
            member = Member(workspace_id=workspace, user_id=user_id, role=role, created_at=now)
            await self.parts.directory.members.insert(member)
        session = Session(
            id=new_id("ses"), user_id=user_id, created_at=now, used_at=now, expires_at=now + 1_000_000
        )
        await self.parts.directory.sessions.insert(session)
        found = self.anybody(workspace, self.parts.tokens.access(session, now))
        found.id, found.email = user_id, email
        return found

    async def key(self, workspace: str, role: Role, scopes: Sequence[str] | None = None) -> Person:
        """Who comes with a key of the workspace."""
        key_id, text = new_key()
        key = ApiKey(
            id=key_id, kind="workspace", name="test", hash=hashed(text), workspace_id=workspace, role=role,
            scopes=None if scopes is None else list(scopes), created_at=now_ms(),
        )  # fmt: skip
        await self.parts.directory.keys.insert(key)
        return self.anybody(workspace, text)


@asynccontextmanager
async def town_of(service: Service) -> AsyncIterator[Town]:
    """The people of a gateway that runs in this process. Cookies are sent by hand."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Town(service, session)
