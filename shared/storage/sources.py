"""`sources`: which runs take results from which; `_id` is `<source>:<run>`, written before that run."""

from collections.abc import Collection

from shared.contracts.base import Millis
from shared.storage.mongo import Store

BEGINNING_MS = 3_600_000
"""A run that is not there yet may still be about to be inserted for as long as this."""


class Sources:
    """What re-runs took over stays for as long as they do."""

    def __init__(self, store: Store) -> None:
        self._collection = store["sources"]
        self._runs = store["runs"]

    async def hold(self, run_id: str, sources: Collection[str], now: Millis) -> None:
        """Keep the results of these runs for one that is about to be inserted."""
        await self._collection.insert_many(
            [{"_id": f"{each}:{run_id}", "source": each, "run": run_id, "at": now} for each in sources]
        )

    async def held(self, run_ids: Collection[str], now: Millis) -> set[str]:
        """Which of these runs others take results from. What the runs that are gone held is forgotten."""
        found = await self._collection.find({"source": {"$in": list(run_ids)}}) if run_ids else []
        there = await self._runs.present({each["run"] for each in found}) if found else set()
        live, idle = set[str](), list[str]()
        for each in found:
            if each["run"] in there or each["at"] >= now - BEGINNING_MS:
                live.add(each["source"])
            else:
                idle.append(each["_id"])
        if idle:
            await self._collection.delete({"_id": {"$in": idle}})
        return live
