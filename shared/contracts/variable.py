"""A workspace's variables, which expressions name as `vars.<name>`."""

from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.base import Contract, Millis

MAX_VARIABLE_BYTES = 65_536
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class Variable(Contract):
    """The `value` of a plain one is JSON text; that of a secret one is such text, sealed to the key `kid`."""

    workspace_id: str
    name: VariableName
    secret: bool = False
    value: str
    kid: str = ""
    description: str = ""
    rev: int = 1
    created_at: Millis
    updated_at: Millis
    updated_by: str = ""


def secret_refusal(name: str) -> str:
    """What is said of a secret variable where it cannot be used."""
    return f"vars.{name} is secret: only nodes of connectors can use it"
