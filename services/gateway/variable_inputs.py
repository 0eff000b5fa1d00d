"""What callers send about variables. Strict; separate from what is stored."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.inputs import example
from shared.contracts.variable import VariableName

Value = Annotated[Any, Field(description="Any JSON value; at most 64 KB as text")]
Secret = Annotated[
    bool, Field(description="Sealed on receipt and never shown again; only nodes of connectors can use it")
]
Description = Annotated[str, Field(max_length=1000)]


class NewVariable(BaseModel):
    """A variable to be created."""

    model_config = example(
        {"name": "shop_url", "value": "https://shop.example", "description": "Where the shop is"},
        {"name": "shop_key", "value": "s3cret", "secret": True},
    )
    name: VariableName
    value: Value
    secret: Secret = False
    description: Description = ""


class VariableChange(BaseModel):
    """A variable to be saved over revision `rev`. What is left out stays as it is."""

    model_config = example({"rev": 1, "value": "https://new.shop.example"}, {"rev": 2, "secret": True})
    rev: int = Field(ge=0)
    value: Value = None
    secret: Secret | None = None
    description: Description | None = None

    @property
    def has_value(self) -> bool:
        """Whether a value was sent; it may be null."""
        return "value" in self.model_fields_set


class VariablesQuery(BaseModel):
    """A page of variables, by name."""

    model_config = ConfigDict(extra="forbid")
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before")] = None
    limit: int = Field(50, ge=1, le=200)
