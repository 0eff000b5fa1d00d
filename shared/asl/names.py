"""Node ids: a state's name where it is a valid id, else the name with other characters replaced."""

import re

from shared.asl.scope import END
from shared.contracts.graph import FAILURE

RESERVED = frozenset({END, FAILURE})
"""What ports mean: the end of a machine, and a failure. Ports bear the ids of states."""
_MOST = 64
_MOST_STEM = 50
_VALID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^A-Za-z0-9_]+")


class Names:
    """Gives out ids, each only once in the whole definition, so that no body hides what is around it."""

    def __init__(self) -> None:
        self._taken: set[str] = set(RESERVED)

    def state(self, name: str) -> str:
        """The id of a state."""
        return self._free(name if _VALID.fullmatch(name) else _OTHER.sub("-", name).strip("-") or "state")

    def part(self, of: str, what: str) -> str:
        """The id of a further node of a state: `Fetch-in`."""
        return self._free(f"{of[:_MOST_STEM]}-{what}" if of else what)

    def _free(self, wanted: str) -> str:
        wanted = wanted[:_MOST]
        found, number = wanted, 2
        while found in self._taken:
            found = f"{wanted[: _MOST - 5]}-{number}"
            number += 1
        self._taken.add(found)
        return found
