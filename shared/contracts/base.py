"""What every model that crosses a line shares: unknown keys are refused, instances do not change."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NodeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
PortName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Millis = Annotated[int, Field(ge=0, lt=2**53)]
"""A time as integer epoch milliseconds, or a duration in milliseconds where the field's name says so."""

Json = str
"""A value as JSON text. What users write or nodes answer crosses bus and store as text: no service parses
what it only carries, and no key, number or depth of theirs can mean anything to the broker or the store."""


class Contract(BaseModel):
    """The base of all wire and stored shapes."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)
