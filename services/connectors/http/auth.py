"""The ways to say who is asking."""

import base64
from typing import Annotated, Literal

from pydantic import Field

from shared.nodes import NodeConfig


class Bearer(NodeConfig):
    """`Authorization: Bearer <token>`."""

    type: Literal["bearer"]
    token: str = Field(description="The token, without the word Bearer.")


class Basic(NodeConfig):
    """`Authorization: Basic`, user and password."""

    type: Literal["basic"]
    username: str = Field(description="The user name.")
    password: str = Field("", description="The password.")


class Header(NodeConfig):
    """A header of the server's own, such as `X-Api-Key`."""

    type: Literal["header"]
    name: str = Field(description="The header's name, such as X-Api-Key.")
    value: str = Field(description="The header's value.")


Auth = Annotated[Bearer | Basic | Header, Field(discriminator="type")]


def auth_header(auth: Bearer | Basic | Header) -> tuple[str, str]:
    """The header that carries it: name and value."""
    if isinstance(auth, Bearer):
        return "Authorization", f"Bearer {auth.token}"
    if isinstance(auth, Basic):
        pair = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
        return "Authorization", f"Basic {pair}"
    return auth.name, auth.value
