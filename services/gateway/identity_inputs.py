"""What callers send about people, workspaces and keys. Nobody sets here what they are not asked for."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.gateway.identity.passwords import MAX_CHARS, MIN_CHARS
from services.gateway.identity.permissions import Permission
from services.gateway.inputs import Cursor, Moment, Name, PageQuery, example
from shared.contracts.identity import Granted, Role

ADDRESS = r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$"
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=ADDRESS)
]
NewPassword = Annotated[str, Field(min_length=MIN_CHARS, max_length=MAX_CHARS)]
Password = Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
Token = Annotated[str, Field(min_length=1, max_length=2000)]
Cookie = Annotated[
    bool, Field(description="Leave the refresh token with the browser, in a cookie, instead of answering it")
]
Scopes = Annotated[
    list[Permission] | None, Field(max_length=50, description="What it is limited to; null limits nothing")
]
Days = Annotated[int | None, Field(ge=1, le=3650, description="After how many days it runs out; null: never")]


class SignIn(BaseModel):
    """An address and a password."""

    model_config = example({"email": "ada@example.com", "password": "correct horse battery"})
    email: Email
    password: Password
    cookie: Cookie = False


class SignUp(BaseModel):
    """Who wants to join. They get a workspace of their own."""

    model_config = example({"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"})
    email: Email
    password: NewPassword
    name: Name


class Forgotten(BaseModel):
    """Whose password is forgotten."""

    model_config = example({"email": "ada@example.com"})
    email: Email


class PasswordChosen(BaseModel):
    """The token of a link, and the password as it is to be."""

    model_config = example({"token": "wp_...", "password": "staple correct horse"})
    token: Token
    password: NewPassword


class RefreshInput(BaseModel):
    """A refresh token; browsers leave it out and send their cookie."""

    model_config = example({"refresh_token": "wr_ses_..."}, {})
    refresh_token: Token | None = None


class Acceptance(BaseModel):
    """Come into a workspace. Whoever is new chooses a password and a name; whoever is not gives theirs."""

    model_config = example({"token": "wi_...", "password": "correct horse battery", "name": "Grace"})
    token: Token
    password: Password
    name: Name | None = None
    cookie: Cookie = False


class InvitationTaken(BaseModel):
    """An invitation for whoever is signed in."""

    model_config = example({"token": "wi_..."})
    token: Token


class PasswordChange(BaseModel):
    """The password as it is (null where there is none yet), and as it is to be."""

    model_config = example({"old": "correct horse battery", "new": "staple correct horse"})
    old: Password | None = None
    new: NewPassword


class MeChange(BaseModel):
    """What people may change about themselves."""

    model_config = example({"name": "Ada Lovelace"})
    name: Name


class Linking(BaseModel):
    """Sign in at the OpenID provider, and be known by it from then on."""

    model_config = example({"return_to": "/"})
    return_to: str = Field("/", max_length=2000)


class NewPersonalKey(BaseModel):
    """A key that acts for whoever makes it."""

    model_config = example({"name": "laptop", "scopes": ["runs:read", "runs:write"], "expires_in_days": 90})
    name: Name
    scopes: Scopes = None
    expires_in_days: Days = None


class NewWorkspaceKey(BaseModel):
    """A key that has a role in this workspace."""

    model_config = example({"name": "build server", "role": "runner", "expires_in_days": 365})
    name: Name
    role: Role
    scopes: Scopes = None
    expires_in_days: Days = None


class KeyRotation(BaseModel):
    """How long the key that is replaced stays good."""

    model_config = example({"overlap_s": 3600})
    overlap_s: int = Field(0, ge=0, le=7 * 86_400)


class NewWorkspace(BaseModel):
    """A workspace to be created."""

    model_config = example({"name": "Research"})
    name: Name


class WorkspaceChange(BaseModel):
    """What may be changed about a workspace."""

    model_config = example({"name": "Research and development"})
    name: Name


class NewInvitation(BaseModel):
    """Who is asked in, and as what."""

    model_config = example({"email": "grace@example.com", "role": "editor"})
    email: Email
    role: Role


class RoleChange(BaseModel):
    """What a member is to be."""

    model_config = example({"role": "runner"})
    role: Role


class GrantInput(BaseModel):
    """What a member may do with this workflow, instead of what their role says; `none` hides it."""

    model_config = example({"role": "editor"}, {"role": "none"})
    role: Granted


class PersonChange(BaseModel):
    """Shut a person out, or let them in again."""

    model_config = example({"state": "disabled"})
    state: Literal["active", "disabled"]


class PeopleQuery(PageQuery):
    """People."""

    email: Email | None = Field(None, description="Only who has this address")


class WorkspacesQuery(PageQuery):
    """Workspaces."""

    all: bool = Field(False, description="All of the installation, for its owners")


class _Between(BaseModel):
    model_config = {"extra": "forbid"}
    actor: str | None = Field(None, max_length=200, description="The id of a person or key")
    action: str | None = Field(None, max_length=300, description="Exactly, as `POST /workflows`")
    from_: Moment | None = Field(None, alias="from", description="At this time or later")
    to: Moment | None = Field(None, description="Before this time")


class AuditQuery(_Between):
    """Entries of the audit log, the latest first."""

    cursor: Cursor = None
    limit: int = Field(50, ge=1, le=200)


class AuditExportQuery(_Between):
    """Entries of the audit log, the latest first."""

    format: Literal["csv", "ndjson"] = "ndjson"


class OidcStartQuery(BaseModel):
    """Where to go afterwards."""

    model_config = {"extra": "forbid"}
    return_to: str = Field("/", max_length=2000, description="A path of ours")


class OidcCallbackQuery(BaseModel):
    """What the provider sends people back with."""

    model_config = {"extra": "ignore"}
    code: str | None = Field(None, max_length=4000)
    state: str | None = Field(None, max_length=4000)
    error: str | None = Field(None, max_length=200)
    iss: str | None = Field(None, max_length=2000)


BODIES: tuple[type[BaseModel], ...] = (
    SignIn, SignUp, RefreshInput, Acceptance, InvitationTaken, PasswordChange, MeChange, Linking,
    NewPersonalKey, NewWorkspaceKey, KeyRotation, NewWorkspace, WorkspaceChange, NewInvitation, RoleChange,
    GrantInput, PersonChange, Forgotten, PasswordChosen,
)  # fmt: skip
