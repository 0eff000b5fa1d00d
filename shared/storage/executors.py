"""Leases: a document for each process, with a counter that it beats."""

from shared.contracts.base import Millis
from shared.storage.mongo import Store


class Leases:
    """Who is alive is for the observer to tell, by its own clock: a beat that has not changed for long is a
    death."""

    def __init__(self, store: Store, name: str) -> None:
        self._collection = store[name]

    async def beat(self, process_id: str, boot: Millis, beat: int) -> None:
        """Say once more that this process lives."""
        document = {"_id": process_id, "boot": boot, "beat": beat}
        if not await self._collection.replace_one({"_id": process_id}, document):
            await self._collection.insert_one(document)

    async def leave(self, process_id: str) -> None:
        """End the lease: nothing is under way any more."""
        await self._collection.delete({"_id": process_id})

    async def all(self) -> dict[str, int]:
        """The current beat of every process that has a lease."""
        return {each["_id"]: int(each["beat"]) for each in await self._collection.find({})}


class Executors(Leases):
    """`executors`: those that hold claims."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, "executors")


class Planners(Leases):
    """`planners`: those that share the partitions."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, "planners")
