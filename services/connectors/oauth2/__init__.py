"""OAuth 2.0: a client of any server, with the authorization code (and PKCE) or its own credentials."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.connectors.http.credentials import HttpCredential, Url
from shared.credentials import Secret, credential_type

Scope = Annotated[str, Field(pattern=r"^[!-~]+$", max_length=500)]
Parameter = Annotated[str, Field(max_length=500)]


_BY_GRANT: list[tuple[str, str]] = [
    ("authorization_code", "authorize_url"),
    ("client_credentials", "client_secret"),
]
_NEEDED: JsonValue = [
    {
        "if": {"properties": {"grant": {"const": grant}}, "required": ["grant"] if number else []},
        "then": {"required": [field]},
    }
    for number, (grant, field) in enumerate(_BY_GRANT)
]
"""For whoever checks data by the schema alone; the first grant is the one that need not be named."""


@credential_type("oauth2", title="OAuth 2.0", connects=True)
class OAuth2(HttpCredential):
    """A client of an OAuth 2.0 server; its access tokens are sent as `Authorization: Bearer <token>`."""

    model_config = ConfigDict(json_schema_extra={"allOf": _NEEDED})
    grant: Literal["authorization_code", "client_credentials"] = Field(
        "authorization_code", description="Whether a person signs in, or the client is known by its secret."
    )
    authorize_url: Url | None = Field(None, description="Where the person signs in.")
    token_url: Url = Field(description="Where tokens are given out.")
    client_id: str = Field(min_length=1, max_length=1000, description="The client's id.")
    client_secret: Secret = Field("", description="The client's secret; empty for a public client.")
    client_auth: Literal["basic", "post"] = Field(
        "basic", description="Whether id and secret are sent in a header or in the body."
    )
    scopes: list[Scope] = Field([], max_length=100, description="What the tokens are to be good for.")
    extra: dict[Parameter, Parameter] = Field(
        {}, max_length=20, description="Further parameters of the sign-in, such as access_type or audience."
    )

    @model_validator(mode="after")
    def _fits_the_grant(self) -> "OAuth2":
        if self.grant == "authorization_code" and not self.authorize_url:
            raise ValueError("authorize_url is missing; it is where the person signs in")
        if self.grant == "client_credentials" and not self.client_secret:
            raise ValueError("client_secret is missing; the client is known by it")
        return self

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}
