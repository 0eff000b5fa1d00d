"""What many runs come to, read from the runs themselves: child runs are not counted, nor is who is asked for
other than by workspace.

Ids of runs begin with the time they were asked for. So that a look reads the last runs only, those asked for
long before the span that is looked at are left out."""

from collections.abc import Sequence

from shared.contracts.base import Millis
from shared.contracts.run import Run
from shared.ids import first_id
from shared.messaging.topology import PARTITIONS
from shared.storage.mongo import Document, Store
from shared.storage.runs import Runs

DAY_MS = 86_400_000
OPEN = [f"{partition:02d}" for partition in range(PARTITIONS)]
AT_ONCE = 1_000


class Figures:
    """Figures of a workspace, of one of its workflows if named."""

    def __init__(self, store: Store) -> None:
        self._documents = store["runs"]
        self._runs = Runs(store)

    async def ends(self, workspace_id: str, workflow_id: str | None, since: Millis) -> dict[str, int]:
        """How many runs have finished since then, by status; those that took over a day are left out."""
        query = _finished(workspace_id, workflow_id, since, DAY_MS)
        return await self._documents.count_by(query, "status")

    async def spent_usd(self, workspace_id: str, workflow_id: str | None, since: Millis) -> float:
        """What the runs have cost that have finished since then; those that took over a week are left out."""
        query = _finished(workspace_id, workflow_id, since, 7 * DAY_MS)
        return sum((await self._documents.sum_by(query, "status", "usage.cost_usd")).values())

    async def any_success(self, workspace_id: str, workflow_id: str | None, since: Millis) -> bool:
        """Whether a run has succeeded since then; those that took over a week are left out."""
        query = _finished(workspace_id, workflow_id, since, 7 * DAY_MS) | {"status": "succeeded"}
        return bool(await self._documents.ids(query, limit=1))

    async def unfinished(self, workspace_id: str, workflow_ids: Sequence[str], before: Millis) -> list[str]:
        """The ids of runs asked for before then that have not finished, the oldest first, at most 1,000;
        without `workflow_ids` of all workflows and of none."""
        query: Document = {"open": {"$in": OPEN}, "workspace_id": workspace_id, "level": "top"}
        query["created_at"] = {"$lt": before}
        if workflow_ids:
            query["workflow_id"] = {"$in": list(workflow_ids)}
        return await self._documents.ids(query, limit=AT_ONCE)

    async def load(self, run_ids: Sequence[str]) -> list[Run]:
        """Those that exist."""
        return list((await self._runs.load(run_ids)).values()) if run_ids else []


def _finished(workspace_id: str, workflow_id: str | None, since: Millis, slack_ms: Millis) -> Document:
    query: Document = {"_id": {"$gte": first_id(max(0, since - slack_ms))}, "workspace_id": workspace_id}
    query |= {"level": "top", "finished_at": {"$gte": since}}
    return query | ({"workflow_id": workflow_id} if workflow_id else {})
