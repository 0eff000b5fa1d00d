"""People, workspaces and keys, as callers get them: described for the OpenAPI document, and made."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from services.gateway.identity.keys import shown_prefix
from services.gateway.present import Shown, iso
from services.gateway.resources import AT
from shared.contracts.base import Millis
from shared.contracts.identity import (
    ApiKey,
    Grant,
    Granted,
    Identity,
    Invitation,
    KeyKind,
    Member,
    Role,
    Session,
    User,
    Workspace,
)
from shared.storage.audit import Entry


class Page(BaseModel):
    """A list; `next` is the cursor of the page after."""

    next: str | None = None


class PersonResource(BaseModel):
    """A person."""

    id: str
    email: str
    name: str
    owner: bool = Field(description="Whether they look after the whole installation")
    state: Literal["active", "disabled"]
    created_at: str = Field(examples=[AT])


class PersonPage(Page):
    """People."""

    items: list[PersonResource]


class SignedIn(BaseModel):
    """A session has begun, or goes on. `refresh_token` is good once; browsers have it in a cookie instead,
    and send `csrf_token` as the header `X-CSRF-Token` along with it."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds until the access token runs out")
    refresh_token: str | None = None
    csrf_token: str | None = None
    user: PersonResource


class ResetResource(BaseModel):
    """A link with which somebody chooses a new password, shown this once."""

    token: str
    url: str
    expires_at: str = Field(examples=[AT])


class Ways(BaseModel):
    """How people can sign in here."""

    password: bool
    sign_up: Literal["closed", "open"]
    oidc: str | None = Field(description="The name of the OpenID provider, if there is one")
    reset: bool = Field(description="Whether who has forgotten their password can have a link mailed")


class SignedUp(BaseModel):
    """The same whether somebody has this address or not."""

    message: str


class WorkspaceResource(BaseModel):
    """A workspace. `role` is yours in it; null where you only look after the installation."""

    id: str
    name: str
    plan: str
    role: Role | None
    created_at: str = Field(examples=[AT])


class WorkspacesPage(Page):
    """Workspaces."""

    items: list[WorkspaceResource]


class MeResource(BaseModel):
    """Who is asking. A key has no address; `everywhere` is its role in each workspace there is."""

    kind: Literal["person", "key"]
    id: str
    email: str | None
    name: str
    owner: bool
    scopes: list[str] | None = Field(description="What the key is limited to; null limits nothing")
    everywhere: Role | None
    workspaces: list[WorkspaceResource]


class SessionResource(BaseModel):
    """A sign-in that is open. `current` is the one that asks."""

    id: str
    current: bool
    agent: str
    address: str
    created_at: str = Field(examples=[AT])
    used_at: str = Field(description="When it last got new tokens")
    expires_at: str


class SessionsPage(Page):
    """Sign-ins."""

    items: list[SessionResource]


class IdentityResource(BaseModel):
    """A person's account at an OpenID provider."""

    issuer: str
    subject: str
    email: str
    created_at: str = Field(examples=[AT])


class IdentitiesPage(Page):
    """Accounts elsewhere."""

    items: list[IdentityResource]


class LinkingStarted(BaseModel):
    """Where to send the browser."""

    authorization_url: str


class KeyResource(BaseModel):
    """A key, of which only the beginning is known any more."""

    id: str
    kind: KeyKind
    name: str
    prefix: str
    role: Role | None
    scopes: list[str] | None
    created_at: str = Field(examples=[AT])
    expires_at: str | None
    last_used_at: str | None = Field(description="To the minute")


class NewKeyResource(KeyResource):
    """A new key. It is shown this once."""

    key: str


class KeysPage(Page):
    """Keys."""

    items: list[KeyResource]


class MemberResource(BaseModel):
    """A person in this workspace."""

    user_id: str
    email: str
    name: str
    role: Role
    created_at: str = Field(examples=[AT])


class MembersPage(Page):
    """Members."""

    items: list[MemberResource]


class InvitationResource(BaseModel):
    """An invitation that is open."""

    id: str
    email: str
    role: Role
    by: str
    created_at: str = Field(examples=[AT])
    expires_at: str
    mailed_at: str | None = Field(description="When it was last sent by mail")


class NewInvitationResource(InvitationResource):
    """An invitation with its token and URL, which are shown this once: pass them on where `mailed` is false.
    Otherwise they are on their way by mail as well."""

    token: str
    url: str
    mailed: bool


class InvitationsPage(Page):
    """Invitations."""

    items: list[InvitationResource]


class GrantResource(BaseModel):
    """What a member may do with a workflow."""

    user_id: str
    workflow_id: str
    role: Granted
    created_at: str = Field(examples=[AT])


class GrantsPage(Page):
    """Grants."""

    items: list[GrantResource]


class AuditEntry(BaseModel):
    """Something that somebody has done. `action` is the route, `target` the path that was asked for."""

    id: str
    at: str = Field(examples=[AT])
    workspace_id: str
    actor_kind: str
    actor_id: str
    actor: str
    action: str
    target: str
    status: int
    address: str
    trace: str


class AuditPage(Page):
    """Entries of the audit log."""

    items: list[AuditEntry]


def person_shown(user: User) -> Shown:
    """A person."""
    kept = user.model_dump(include={"id", "email", "name", "owner", "state"})
    return {**kept, "created_at": iso(user.created_at)}


def workspace_shown(workspace: Workspace, role: Role | None) -> Shown:
    """A workspace, to somebody with this role in it."""
    kept = workspace.model_dump(include={"id", "name", "plan"})
    return {**kept, "role": role, "created_at": iso(workspace.created_at)}


def session_shown(session: Session, current: str | None) -> Shown:
    """A sign-in, to the one called `current`."""
    kept = session.model_dump(include={"id", "agent", "address"})
    times = _times(session, "created_at", "used_at", "expires_at")
    return {**kept, "current": session.id == current, **times}


def identity_shown(identity: Identity) -> Shown:
    """An account elsewhere."""
    return {**identity.model_dump(include={"issuer", "subject", "email"}), **_times(identity, "created_at")}


def key_shown(key: ApiKey, text: str | None = None) -> Shown:
    """A key; `text` is what it reads, when it is new."""
    shown = {
        **key.model_dump(include={"id", "kind", "name", "role", "scopes"}),
        "prefix": shown_prefix(key),
        **_times(key, "created_at", "expires_at", "last_used_at"),
    }
    return shown if text is None else {**shown, "key": text}


def members_shown(members: Sequence[Member], people: Mapping[str, User]) -> list[Shown]:
    """Members, with who they are; those that nobody knows any more are left out."""
    return [
        {
            "user_id": each.user_id,
            "email": people[each.user_id].email,
            "name": people[each.user_id].name,
            "role": each.role,
            **_times(each, "created_at"),
        }
        for each in members
        if each.user_id in people
    ]


def invitation_shown(invitation: Invitation) -> Shown:
    """An invitation without its token, which nobody knows any more."""
    kept = invitation.model_dump(include={"id", "email", "role", "by"})
    return {**kept, **_times(invitation, "created_at", "expires_at", "mailed_at")}


def grant_shown(grant: Grant) -> Shown:
    """A grant."""
    kept = grant.model_dump(include={"user_id", "workflow_id", "role"})
    return {**kept, **_times(grant, "created_at")}


def entry_shown(entry: Entry) -> Shown:
    """An entry of the audit log."""
    return {**entry.model_dump(), "at": iso(entry.at)}


def all_of(items: Sequence[Shown]) -> Shown:
    """A list that is shown whole."""
    return {"items": items, "next": None}


def _times(thing: BaseModel, *names: str) -> Shown:
    times: dict[str, Millis | None] = {name: getattr(thing, name) for name in names}
    return {name: iso(at) for name, at in times.items()}
