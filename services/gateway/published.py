"""Which version of a workflow is its latest: asked at every start, changed now and then."""

import time
from collections.abc import Awaitable, Callable

from services.gateway.recent import Recent
from shared.storage.workflows import Workflow

FRESH_S = 1.0
"""How long a gateway may believe what it has read, should it miss that another one has published."""
REMEMBERED = 1_000


class Published:
    """Workflows as they lately were. A change made here counts at once, one made elsewhere as soon as it is
    heard of, and after a second in any case."""

    def __init__(self, read: Callable[[str], Awaitable[Workflow | None]]) -> None:
        self._read = read
        self._known: Recent[str, tuple[Workflow, float]] = Recent(REMEMBERED)
        self._changes = 0

    async def get(self, workflow_id: str) -> Workflow | None:
        """The workflow, if there is one."""
        known = self._known.get(workflow_id)
        if known and time.monotonic() - known[1] < FRESH_S:
            return known[0]
        changes, at = self._changes, time.monotonic()
        found = await self._read(workflow_id)
        if found and changes == self._changes:  # what was read before a change may be older than it
            self._known.put(workflow_id, (found, at))
        return found

    def changed(self, workflow_id: str) -> None:
        """Read it anew next time."""
        self._changes += 1
        self._known.drop(workflow_id)
