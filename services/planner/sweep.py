"""Reading and removing documents a page at a time, with a pause after each, so that others get their turn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Any

from shared.storage.mongo import Filter, Store

PAGE = 100
PAUSE_S = 0.2


class Sweep:
    """One round over the store. `removed` counts the documents by collection."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.removed: Counter[str] = Counter()

    async def pages(self, name: str, query: Filter) -> AsyncIterator[list[str]]:
        """The ids of all that match, in order. Those of a page may be removed before the next is asked
        for."""
        wanted, ids = dict(query), dict(query.get("_id", {}))
        while page := await self.store[name].ids(wanted, limit=PAGE):
            yield page
            if len(page) < PAGE:
                return
            wanted["_id"] = {**ids, "$gt": page[-1]}
            await asyncio.sleep(PAUSE_S)

    async def remove(self, name: str, ids: Collection[str], **guard: Any) -> None:
        """Delete these, as far as they still match `guard`."""
        if ids:
            self.removed[name] += await self.store[name].delete({"_id": {"$in": list(ids)}, **guard})

    async def remove_all(self, name: str, *, but: Collection[str] = (), **query: Any) -> None:
        """Delete all that match when it is their turn, except those with these ids."""
        async for page in self.pages(name, query):
            await self.remove(name, [each for each in page if each not in but], **query)
