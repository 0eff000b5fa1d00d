"""What callers are shown of credentials: never a secret."""

from typing import Any, Literal

import orjson
from pydantic import BaseModel

from services.gateway.present import Shown, iso
from shared.contracts.base import Millis
from shared.contracts.credential import Credential, CredentialState

SOON_MS = 14 * 86_400_000


class SharingResource(BaseModel):
    """Who may use it besides its owner."""

    workspace: bool
    workflows: list[str]
    people: list[str]


class CredentialTestResource(BaseModel):
    """How the last test or sign-in went."""

    works: bool
    message: str
    at: str


class CredentialResource(BaseModel):
    """A credential. `fields` are those of its data that are no secret. `status` is `connect` where somebody
    has to sign in with the other side; `expiring` says that it expires within two weeks, or has."""

    id: str
    name: str
    type: str
    owner: str
    shared: SharingResource
    fields: dict[str, Any]
    rev: int
    status: Literal["ready", "connect"]
    reason: str
    expires_at: str | None
    expiring: bool
    last_used_at: str | None
    last_test: CredentialTestResource | None
    created_at: str
    updated_at: str


class CredentialPage(BaseModel):
    """A page of credentials."""

    items: list[CredentialResource]
    next: str | None


class SignInResource(BaseModel):
    """Where to send the person who signs in, within ten minutes and from the same browser."""

    url: str
    expires_at: str


class CredentialTypeResource(BaseModel):
    """A type of credential; `data_schema` is what `data` must fit, secret fields are `writeOnly` there."""

    type: str
    title: str
    description: str
    data_schema: dict[str, Any]
    connects: bool


class CredentialTypePage(BaseModel):
    """All types."""

    items: list[CredentialTypeResource]


class VaultResource(BaseModel):
    """The key that secrets are sealed to, and how many are sealed to which key."""

    kid: str | None
    sealed: dict[str, int]
    old: int


def expires_before(credential: Credential, at: Millis) -> bool:
    """Whether it stops working before a time."""
    return credential.expires_at is not None and credential.expires_at <= at


def credential_shown(credential: Credential, state: CredentialState | None, now: Millis) -> Shown:
    """A credential with what has become of it in use."""
    current = state if state and state.data_rev == credential.data_rev else None
    fields = orjson.loads(credential.fields)
    unconnected = fields.get("grant") == "authorization_code" and not (current and current.status == "ready")
    stuck = current is not None and current.status == "reconnect"
    tested = current if current and current.tested_at is not None and current.works is not None else None
    return {
        "id": credential.id,
        "name": credential.name,
        "type": credential.type,
        "owner": credential.owner,
        "shared": credential.shared.model_dump(),
        "fields": fields,
        "rev": credential.rev,
        "status": "connect" if unconnected or stuck else "ready",
        "reason": current.reason if current else "",
        "expires_at": iso(credential.expires_at),
        "expiring": expires_before(credential, now + SOON_MS),
        "last_used_at": iso(state.used_at) if state else None,
        "last_test": tested and test_shown(tested),
        "created_at": iso(credential.created_at),
        "updated_at": iso(credential.updated_at),
    }


def test_shown(state: CredentialState) -> Shown:
    """How the last test or sign-in went."""
    return {"works": state.works, "message": state.test_message, "at": iso(state.tested_at)}
