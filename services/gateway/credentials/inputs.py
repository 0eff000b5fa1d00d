"""What callers send about credentials."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.gateway.inputs import Moment, Name, PageQuery, example
from shared.contracts.base import Millis

Ids = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=1000)]
Data = Annotated[
    dict[str, Any], Field(description="What the type asks for; sealed at once, never shown again")
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]
Expires = Annotated[
    Moment | None, Field(description="When it stops working, as far as you know; lists can ask for it")
]
EXAMPLE = {"name": "Shop", "type": "http.bearer", "data": {"token": "s3cret", "hosts": ["api.shop.com"]}}


class SharingInput(BaseModel):
    """Who may use it besides its owner."""

    model_config = ConfigDict(extra="forbid", strict=True)
    workspace: bool = Field(False, description="Everybody who may change workflows here")
    workflows: Ids = []
    people: Ids = []


class _Expiring(BaseModel):
    expires_at: Expires = None

    @property
    def expires(self) -> Millis | None:
        """As milliseconds."""
        at: datetime | None = self.expires_at
        return None if at is None else max(0, int(at.timestamp() * 1000))


class NewCredential(_Expiring):
    """A credential to be kept."""

    model_config = example(EXAMPLE)
    name: Name
    type: str = Field(max_length=100, description="One of `GET /api/v1/credential-types`")
    data: Data
    shared: SharingInput = Field(default_factory=lambda: SharingInput(workspace=False))


class CredentialChange(_Expiring):
    """A change over revision `rev`. What is left out stays; data is replaced as a whole."""

    model_config = example({"rev": 1, "data": {"token": "another"}})
    rev: int = Field(ge=0)
    name: Name | None = None
    data: Data | None = None
    shared: SharingInput | None = None


class CredentialTest(BaseModel):
    """What to ask for instead of the credential's own `test_url`."""

    model_config = example({"url": "https://api.shop.com/me"})
    url: Url | None = None


class SignInCode(BaseModel):
    """What the other side sent the browser back with, both as they stand in its address."""

    model_config = example({"state": "Zk1…", "code": "SplxlOBeZQQYbYS6WxSbIA"})
    state: str = Field(min_length=1, max_length=200)
    code: str = Field(min_length=1, max_length=8000)


class CredentialsQuery(PageQuery):
    """Credentials, of one type or soon to expire if wanted."""

    type: str | None = Field(None, max_length=100)
    expiring_days: int | None = Field(
        None, ge=0, le=3650, description="Only those that have expired or will within so many days"
    )


class DeletionQuery(BaseModel):
    """Whether to delete it although workflows use it."""

    model_config = ConfigDict(extra="forbid")
    force: bool = False


class CallbackQuery(BaseModel):
    """What an OAuth server sends the browser back with; whatever else it adds is not looked at."""

    state: str = Field("", max_length=200)
    code: str = Field("", max_length=8000)
    error: str = Field("", max_length=500)
    error_description: str = Field("", max_length=2000)
