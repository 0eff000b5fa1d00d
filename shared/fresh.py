"""What is asked for at every request and changed now and then: a workflow, a key, a membership."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared.recent import Recent

FRESH_S = 1.0
"""How long what was read may be believed, should it be missed that somebody else has changed it."""
REMEMBERED = 1_000

K = TypeVar("K")
V = TypeVar("V")


class Fresh(Generic[K, V]):
    """Things as they lately were. A change made here counts at once, one made elsewhere as soon as it is
    heard of, and after a second in any case. What there is not is asked for each time."""

    def __init__(self, read: Callable[[K], Awaitable[V | None]]) -> None:
        self._read = read
        self._known: Recent[K, tuple[V, float]] = Recent(REMEMBERED)
        self._changes = 0

    async def get(self, key: K) -> V | None:
        """The thing, if there is one."""
        known = self._known.get(key)
        if known and time.monotonic() - known[1] < FRESH_S:
            return known[0]
        changes, at = self._changes, time.monotonic()
        found = await self._read(key)
        if found is not None and changes == self._changes:  # what was read before a change may be older
            self._known.put(key, (found, at))
        return found

    def changed(self, key: K) -> None:
        """Read it anew next time."""
        self._changes += 1
        self._known.drop(key)

    def changed_all(self) -> None:
        """Read everything anew."""
        self._changes += 1
        self._known = Recent(REMEMBERED)
