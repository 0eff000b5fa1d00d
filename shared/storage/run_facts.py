"""`run_facts`: what is to be counted of each run that has finished; `_id` is the run's. Once counted it keeps
its place as long as the run does, so that no run is counted again, however often its end is seen."""

from collections.abc import Collection, Sequence

from shared.contracts.figures import RunFact
from shared.messaging.topology import partition_of
from shared.storage.mongo import Store

COUNTED = ""
AT_A_TIME = 16
"""More in one write would hold up the store for others."""


class RunFacts:
    """The facts of all workspaces."""

    def __init__(self, store: Store) -> None:
        self._collection = store["run_facts"]

    async def insert(self, facts: Sequence[RunFact]) -> None:
        """Insert those that are new; nothing happens to the others."""
        await self._collection.insert_many(
            [fact.model_dump(by_alias=True, exclude_defaults=True) for fact in facts]
        )

    async def open(self, partitions: Sequence[int], limit: int) -> list[RunFact]:
        """Facts of these partitions that have not been counted, at most `limit`."""
        marks = [mark_of(each) for each in partitions]
        found = await self._collection.find({"open": {"$in": marks}}, limit=limit)
        return [RunFact.model_validate(each) for each in found]

    async def close(self, workspace_id: str, run_ids: Collection[str]) -> None:
        """These facts of one workspace have been counted; those that are closed already stay so."""
        mark, ids = counted_by(workspace_id), list(run_ids)
        for start in range(0, len(ids), AT_A_TIME):
            await self._collection.replace_many(
                [
                    ({"_id": each, "open": mark}, {"_id": each, "open": COUNTED})
                    for each in ids[start : start + AT_A_TIME]
                ]
            )


def counted_by(workspace_id: str) -> str:
    """The partition that counts the runs of a workspace, as facts are marked with it."""
    return mark_of(partition_of(workspace_id))


def mark_of(partition: int) -> str:
    """How a partition is written."""
    return f"{partition:02d}"
