"""The ways to say who is asking, kept as credentials. `oauth2` has a folder of its own."""

import base64
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from shared.credentials import CredentialData, Secret, credential_type

Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)]
Host = Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9.:_\[\]-]+$", max_length=255)]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$")]


class HttpCredential(CredentialData):
    """What all of these have: who may get to see it, and how it is tried out."""

    hosts: list[Host] = Field(
        [],
        max_length=50,
        description="Only these get to see it: api.shop.com, *.shop.com, shop.com:8443. Empty: any host.",
    )
    test_url: Url | None = Field(None, description="What a test asks for; it works when the answer is 2xx.")

    def allows(self, url: str) -> bool:
        """Whether it may be sent there."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        return not self.hosts or any(_covers(each.lower(), host, parts.netloc.lower()) for each in self.hosts)

    def headers(self, token: str) -> dict[str, str]:
        """The headers that carry it; `token` is what a sign-in has led to."""
        return {}

    def query(self) -> list[tuple[str, str]]:
        """What of it goes into the URL."""
        return []


@credential_type("http.bearer", title="Bearer token")
class Bearer(HttpCredential):
    """A token that is sent as `Authorization: Bearer <token>`."""

    token: Secret = Field(min_length=1, description="The token, without the word Bearer.")

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@credential_type("http.basic", title="User and password")
class Basic(HttpCredential):
    """A user name and a password, sent as `Authorization: Basic`."""

    username: str = Field(min_length=1, max_length=500, pattern="^[^:]*$", description="The user name.")
    password: Secret = Field("", description="The password.")

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Basic {self._pair()}"}

    def secrets(self) -> list[str]:
        return [self.password, self._pair()]

    def _pair(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@credential_type("http.header", title="Header")
class Header(HttpCredential):
    """A header of the server's own, such as `X-Api-Key`."""

    name: HeaderName = Field(description="The header's name, such as X-Api-Key.")
    value: Secret = Field(min_length=1, description="The header's value.")

    def headers(self, token: str) -> dict[str, str]:
        return {self.name: self.value}


@credential_type("http.query", title="Query parameter")
class Query(HttpCredential):
    """A key in the URL, for servers that take it nowhere else."""

    name: str = Field(min_length=1, max_length=200, description="The parameter's name, such as api_key.")
    value: Secret = Field(min_length=1, description="The parameter's value.")

    def query(self) -> list[tuple[str, str]]:
        return [(self.name, self.value)]


def _covers(entry: str, host: str, netloc: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    return entry in (host, netloc.rpartition("@")[2])
