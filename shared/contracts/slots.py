"""Who may run at once: the slots of one concurrency key."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.run import Lane


class Waiting(Contract):
    """A run that waits for a slot, for as long as `limit` others hold one.

    In `line` it waits its turn; at the `front` it comes before those, because runs are being cancelled for
    it; `out` means that newer ones of that kind have come, and that it is being cancelled itself."""

    run_id: str
    limit: int = Field(ge=1)
    lane: Lane = "normal"
    place: Literal["line", "front", "out"] = "line"


class KeySlots(Contract):
    """A `slots` document: the unfinished runs that share one key, those that hold a slot and those that wait,
    both in the order they came. `rev` is drawn anew by each save; it is empty until the first."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    rev: str = ""
    holders: list[str] = Field(default_factory=list[str])
    waiting: list[Waiting] = Field(default_factory=list[Waiting])
