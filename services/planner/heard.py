"""What a run has heard: from the bus, or from its parent or a child within this planner."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Heard:
    """A message or a fact, and the trace it belongs to. `again` says that it may have been handled before."""

    message: Any
    traceparent: str
    again: bool = False


Groups = dict[str, list[Heard]]
