"""Variables as they are shown."""

from typing import Any

from pydantic import BaseModel

from services.gateway.present import iso
from shared.contracts.value import from_json
from shared.contracts.variable import Variable


class VariableResource(BaseModel):
    """A variable. The `value` of a secret one is never shown: it is null."""

    name: str
    secret: bool
    value: Any
    description: str
    rev: int
    created_at: str
    updated_at: str
    updated_by: str


class VariablePage(BaseModel):
    """Variables by name; `next` is the cursor of the page that follows, or null."""

    items: list[VariableResource]
    next: str | None


def variable_shown(variable: Variable) -> dict[str, Any]:
    """Of a secret one not even the sealed value."""
    return {
        "name": variable.name,
        "secret": variable.secret,
        "value": None if variable.secret else from_json(variable.value),
        "description": variable.description,
        "rev": variable.rev,
        "created_at": iso(variable.created_at),
        "updated_at": iso(variable.updated_at),
        "updated_by": variable.updated_by,
    }
