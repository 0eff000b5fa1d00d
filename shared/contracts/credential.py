"""Credentials: what a type says of itself, what is stored of one, and who may use it."""

from typing import Any, Literal

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis, Name
from shared.contracts.catalog import TYPE_NAME


class CredentialType(Contract):
    """A kind of credential, as the connectors announce it. `data_schema` is what its data must fit; fields
    that are `writeOnly` there are secret. One that `connects` is of use once somebody has signed in with the
    other side."""

    type: str = Field(pattern=TYPE_NAME)
    title: str
    description: str
    data_schema: dict[str, Any]
    connects: bool = False

    @property
    def secret_fields(self) -> list[str]:
        """The fields that are never shown."""
        properties: dict[str, Any] = self.data_schema.get("properties", {})
        return [name for name, each in properties.items() if each.get("writeOnly")]


class Sharing(Contract):
    """Who may use a credential besides its owner: everybody in the workspace, some workflows, some people."""

    workspace: bool = False
    workflows: list[str] = []
    people: list[str] = []


class Credential(Contract):
    """A credential, written by the gateway. `sealed` is all of its data, which only connectors can open, and
    `kid` the key that it is sealed to; `fields` are those that are no secret. `data_rev` counts how often the
    data was replaced, `rev` every change."""

    id: str
    workspace_id: str
    name: Name
    type: str
    owner: str
    shared: Sharing = Sharing()
    sealed: str
    kid: str
    fields: Json = "{}"
    rev: int = 0
    data_rev: int = 0
    expires_at: Millis | None = None
    created_at: Millis
    updated_at: Millis

    def usable_in(self, workflow_id: str | None) -> bool:
        """Whether runs of a workflow may use it; a graph that belongs to none was checked against its
        author."""
        return self.shared.workspace or workflow_id is None or workflow_id in self.shared.workflows

    def usable_by(self, caller_id: str) -> bool:
        """Whether somebody may build it into a graph."""
        return self.shared.workspace or caller_id == self.owner or caller_id in self.shared.people


class CredentialState(Contract):
    """What connectors know of a credential, under the same id, of the data numbered `data_rev`. `sealed` are
    tokens. `lease` names who is getting new ones; `answered` is the last thing asked for that was done."""

    id: str
    workspace_id: str
    rev: int = 0
    data_rev: int = 0
    status: Literal["unused", "ready", "reconnect"] = "unused"
    reason: str = ""
    sealed: str = ""
    kid: str = ""
    lease: str = ""
    used_at: Millis | None = None
    tested_at: Millis | None = None
    works: bool | None = None
    test_message: str = ""
    answered: str = ""


class Connecting(Contract):
    """A sign-in with the other side under way; its id is the SHA-256 of the `state` that comes back. The
    `verifier` (PKCE) and the `code` are sealed. `browser` is a digest of the cookie that the browser must
    have to finish it."""

    id: str
    workspace_id: str
    credential_id: str
    data_rev: int
    caller: str
    browser: str
    redirect_uri: str
    verifier: str
    code: str = ""
    expires_at: Millis
