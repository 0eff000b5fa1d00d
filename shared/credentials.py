"""What a type of credential is written with: a model of its data, and `@credential_type`.

@credential_type("shop.key", title="Shop key")
class ShopKey(CredentialData):
    \"\"\"A key of the shop.\"\"\"
    key: Secret = Field(description="From the shop's settings.")
"""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.credential import CredentialType

MOST_CHARS = 20_000
_WRITE_ONLY = {"writeOnly": True, "format": "password"}
Secret = Annotated[str, Field(max_length=MOST_CHARS, json_schema_extra=_WRITE_ONLY)]
"""A field that is sealed on receipt and never shown."""


class CredentialData(BaseModel):
    """The base of every type's data: unknown keys are refused, and nothing of it is printed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def secrets(self) -> list[str]:
        """All that must never be seen: the secret fields, and what they are sent as."""
        schemas = {name: each.json_schema_extra for name, each in type(self).model_fields.items()}
        secret = [name for name, each in schemas.items() if isinstance(each, dict) and each.get("writeOnly")]
        return [str(value) for name in secret if (value := getattr(self, name))]


C = TypeVar("C", bound=type[CredentialData])


@dataclass(frozen=True)
class RegisteredType:
    """A type of credential and the model of its data."""

    about: CredentialType
    model: type[CredentialData]


def credential_type(type_name: str, *, title: str, connects: bool = False) -> Callable[[C], C]:
    """Declare a type of credential; its description is the first line of the class's docstring."""

    def register(model: C) -> C:
        about = CredentialType(
            type=type_name, title=title, description=(inspect.getdoc(model) or title).splitlines()[0],
            data_schema=model.model_json_schema(), connects=connects,
        )  # fmt: skip
        model.registered_type = RegisteredType(about, model)  # type: ignore[attr-defined]
        return model

    return register


def discover_types(package: ModuleType) -> dict[str, RegisteredType]:
    """Every type declared in a package and below; raises ValueError when two share a name."""
    found: dict[str, RegisteredType] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.name.endswith("__main__"):
            continue
        for member in vars(importlib.import_module(info.name)).values():
            registered = vars(member).get("registered_type") if inspect.isclass(member) else None
            if registered is None or member.__module__ != info.name:
                continue
            if registered.about.type in found:
                raise ValueError(f"{info.name}: credential type {registered.about.type!r} is declared twice")
            found[registered.about.type] = registered
    return found


@dataclass
class Opened:
    """A credential while an attempt uses it. `tokens` are what a sign-in has led to, the latest last;
    `revision` changes with its data and is no secret."""

    id: str
    type: str
    revision: int
    data: Any = field(repr=False)
    tokens: list[str] = field(default_factory=list[str], repr=False)
    renewal: "Callable[[str], Awaitable[str]] | None" = field(default=None, repr=False)

    @property
    def token(self) -> str:
        """The latest token."""
        return self.tokens[-1] if self.tokens else ""

    @property
    def secrets(self) -> list[str]:
        """All that must never be seen."""
        return [*self.data.secrets(), *self.tokens]

    async def renewed(self) -> bool:
        """Get another token, since the other side takes this one no longer; False when there can be none.
        Raises NodeFailed."""
        if self.renewal is None:
            return False
        self.tokens.append(await self.renewal(self.token))
        return True
