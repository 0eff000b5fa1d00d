"""People, workspaces, and what opens them."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Millis

Role = Literal["viewer", "runner", "editor", "admin"]
Granted = Literal["none", "viewer", "runner", "editor", "admin"]
KeyKind = Literal["personal", "workspace", "installation"]

ROLES: tuple[Role, ...] = ("viewer", "runner", "editor", "admin")
"""Each may do what those before it may."""


def role_with(role: Role, granted: Granted | None) -> Granted:
    """What a member is, as far as a workflow is concerned for which this was granted: it counts instead of
    their role, but for admins."""
    return role if granted is None or role == "admin" else granted


def is_named(names: Iterable[str], user_id: str, email: str) -> bool:
    """Whether a person is among these, who are named by id, or by address in whatever case."""
    return any(each == user_id or each.lower() == email.lower() for each in names)


class User(Contract):
    """A person. `email` is in lower case; without a `password` (an argon2 hash) they sign in elsewhere.
    Sessions older than `epoch` have ended. An `owner` looks after the whole installation."""

    id: str
    email: str
    name: str = ""
    password: str | None = None
    owner: bool = False
    state: Literal["active", "disabled"] = "active"
    epoch: int = 0
    rev: int = 0
    created_at: Millis


class Workspace(Contract):
    """A tenant. `plan` names the limits that hold for it."""

    id: str
    name: str
    plan: str = "self_hosted"
    rev: int = 0
    created_at: Millis


class Member(Contract):
    """A person in a workspace."""

    workspace_id: str
    user_id: str
    role: Role
    rev: int = 0
    created_at: Millis


class Grant(Contract):
    """What a member may do with one workflow, instead of what their role says; `none` hides it."""

    workspace_id: str
    workflow_id: str
    user_id: str
    role: Granted
    created_at: Millis


class ApiKey(Contract):
    """A key, of which only the SHA-256 is kept. A personal one acts for its user wherever they are a member,
    a workspace's own has a `role` in that workspace only, the installation's opens everything. `scopes` are
    the permissions it is limited to; None limits nothing."""

    id: str
    kind: KeyKind
    name: str
    hash: str
    user_id: str | None = None
    workspace_id: str | None = None
    role: Role | None = None
    scopes: list[str] | None = None
    created_at: Millis
    expires_at: Millis | None = None
    last_used_at: Millis | None = None
    rev: int = 0

    def run_out(self, now: Millis) -> bool:
        """Whether it is good no longer."""
        return self.expires_at is not None and self.expires_at <= now


class Session(Contract):
    """One sign-in. `turn` counts the refresh tokens it has given out: only the last is good, and who comes
    with an earlier one ends the session."""

    id: str
    user_id: str
    turn: int = 0
    epoch: int = 0
    agent: str = Field(default="", max_length=300)
    address: str = ""
    created_at: Millis
    used_at: Millis
    expires_at: Millis
    ended_at: Millis | None = None
    rev: int = 0


class Invitation(Contract):
    """Somebody has been asked into a workspace. Only the SHA-256 of its token is kept. `mailed_at` is when a
    mail with it was last begun to be sent."""

    id: str
    workspace_id: str
    email: str
    role: Role
    hash: str
    by: str
    created_at: Millis
    expires_at: Millis
    mailed_at: Millis | None = None


class PasswordReset(Contract):
    """Somebody may choose a new password, as long as they are at this `epoch`. Only the SHA-256 of its token
    is kept."""

    id: str
    user_id: str
    epoch: int
    hash: str
    created_at: Millis
    expires_at: Millis


class Identity(Contract):
    """A person as an OpenID provider knows them: `issuer` is the provider, `subject` its name for them."""

    issuer: str
    subject: str
    user_id: str
    email: str = ""
    created_at: Millis
