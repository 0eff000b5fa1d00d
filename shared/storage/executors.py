"""`executors`: the lease of each executor process, a counter that it beats."""

from shared.contracts.base import Millis
from shared.storage.mongo import Store


class Executors:
    """Who is alive is for the observer to tell, by its own clock: a beat that has not changed for long is a
    death."""

    def __init__(self, store: Store) -> None:
        self._collection = store["executors"]

    async def beat(self, executor_id: str, boot: Millis, beat: int) -> None:
        """Say once more that this executor lives."""
        document = {"_id": executor_id, "boot": boot, "beat": beat}
        if not await self._collection.replace_one({"_id": executor_id}, document):
            await self._collection.insert_one(document)

    async def leave(self, executor_id: str) -> None:
        """End the lease: nothing is under way any more."""
        await self._collection.delete({"_id": executor_id})

    async def all(self) -> dict[str, int]:
        """The current beat of every executor that has a lease."""
        return {each["_id"]: int(each["beat"]) for each in await self._collection.find({})}
