"""The store, in memory: what `shared/storage/mongo.py` offers, with its meaning, and with everything that can
happen to an operation on its way."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson
from pymongo.errors import AutoReconnect

from shared.storage.mongo import Document, Filter, checked
from shared.storage.shapes import Shape
from tests.simulation.luck import LATER_S, Luck
from tests.simulation.virtual import Process

T = TypeVar("T")
MOST_OPERATIONS = 20_000
"""A world asks for some hundred; beyond this, something goes round and round."""
Kept = dict[str, tuple[bytes, Document]]
Written = Callable[[str, Document | None, Document, Process], None]
Part = Callable[[], bool]
"""Whether the next document of an operation is written: one of unknown outcome may be applied in part."""


class Documents:
    """All that is stored. `written` is called with each document before it takes the place of another,
    `endless` when there are too many operations."""

    def __init__(self, luck: Luck, written: Written, endless: Callable[[], None]) -> None:
        self.luck = luck
        self.written = written
        self.endless = endless
        self.collections: dict[str, Kept] = {}
        self.asked = 0

    def all(self, name: str) -> Kept:
        """A collection's documents by id, each as it was sent and unpacked."""
        return self.collections.setdefault(name, {})

    def get(self, name: str, document_id: str) -> Document | None:
        """One document, to be looked at."""
        found = self.all(name).get(document_id)
        return found[1] if found else None

    def put(self, name: str, raw: bytes, by: Process) -> None:
        """Write it, whatever is there."""
        fresh = orjson.loads(raw)
        self.written(name, self.get(name, fresh["_id"]), fresh, by)
        self.all(name)[fresh["_id"]] = (raw, fresh)


class MemoryStore:
    """The store as one process sees it."""

    def __init__(self, documents: Documents, process: Process, *, mortal: bool = True) -> None:
        self.documents = documents
        self.process = process
        self.mortal = mortal

    def __getitem__(self, name: str) -> "MemoryCollection":
        return MemoryCollection(self, name)

    async def done(self, apply: Callable[[Part], T]) -> T:
        """The outcome of an operation, unless something happens to it or to who has asked for it."""
        luck, process = self.documents.luck, self.process
        self.documents.asked += 1
        if self.documents.asked > MOST_OPERATIONS:
            self.documents.endless()
        await process.gate()
        fate = luck.fate(mortal=self.mortal)
        if fate == "killed_before":
            process.kill()
            raise asyncio.CancelledError
        await asyncio.sleep(luck.delay_s())
        if fate in ("late", "killed_under_way"):
            loop = asyncio.get_running_loop()
            loop.call_later(luck.chance.uniform(0, LATER_S), apply, self._some())
        if fate == "killed_under_way":
            process.kill()
            raise asyncio.CancelledError
        if fate in ("refused", "late"):
            await process.gate()
            raise AutoReconnect("the store is away")
        found = apply(_every if fate in ("fine", "killed_after") else self._some())
        if fate == "killed_after":
            process.kill()
        await process.gate()
        if fate == "unknown":
            raise AutoReconnect("the store went away")
        return found

    def _some(self) -> Part:
        chance = self.documents.luck.chance
        return _every if chance.random() < 0.5 else lambda: chance.random() < 0.5


class MemoryCollection:
    """One collection; see `shared.storage.mongo.Collection`."""

    def __init__(self, store: MemoryStore, name: str) -> None:
        self._store = store
        self._name = name
        self._shape = Shape(name)

    async def insert_one(self, document: Document) -> bool:
        return not await self.insert_many([document])

    async def insert_many(self, documents: Sequence[Document]) -> set[str]:
        sent = [(each["_id"], orjson.dumps(self._shape.written(each))) for each in documents]

        def apply(part: Part) -> set[str]:
            there: set[str] = set()
            for document_id, raw in sent:
                if document_id in self._kept:
                    there.add(document_id)
                elif part():
                    self._put(raw)
            return there

        return await self._store.done(apply) if sent else set()

    async def replace_one(self, guard: Filter, document: Document) -> bool:
        return await self.replace_many([(guard, document)]) == 1

    async def replace_many(self, replaces: Sequence[tuple[Filter, Document]]) -> int:
        sent = [
            (dict(checked(guard)), orjson.dumps(self._shape.written(document)))
            for guard, document in replaces
        ]

        def apply(part: Part) -> int:
            matched = 0
            for guard, raw in sent:
                if self._matching(guard) and part():
                    self._put(raw)
                    matched += 1
            return matched

        return await self._store.done(apply) if sent else 0

    async def find_one(self, query: Filter) -> Document | None:
        found = await self.find(query, limit=1)
        return found[0] if found else None

    async def find(
        self, query: Filter, *, sort: str | None = None, descending: bool = False, limit: int = 0
    ) -> list[Document]:
        asked = dict(checked(query))

        def apply(_: Part) -> list[Document]:
            found = self._matching(asked)
            if sort is None:
                self._store.documents.luck.chance.shuffle(found)  # the store has no order
            else:
                found.sort(key=lambda each: each[1][sort or "_id"], reverse=descending)
            return [self._shape.read(orjson.loads(each[0])) for each in found[: limit or None]]

        return await self._store.done(apply)

    async def ids(self, query: Filter, *, limit: int) -> list[str]:
        return [each["_id"] for each in await self.find(query, sort="_id", limit=limit)]

    async def present(self, ids: Iterable[str]) -> set[str]:
        return {each["_id"] for each in await self.find({"_id": {"$in": list(ids)}})}

    async def count_by(self, query: Filter, field: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for each in await self.find(query):
            counts[str(each.get(field))] = counts.get(str(each.get(field)), 0) + 1
        return counts

    async def delete(self, query: Filter) -> int:
        asked = dict(checked(query))

        def apply(_: Part) -> int:
            found = self._matching(asked)
            for each in found:
                del self._kept[each[1]["_id"]]
            return len(found)

        return await self._store.done(apply)

    @property
    def _kept(self) -> Kept:
        return self._store.documents.all(self._name)

    def _put(self, raw: bytes) -> None:
        self._store.documents.put(self._name, raw, self._store.process)

    def _matching(self, query: Filter) -> list[tuple[bytes, Document]]:
        wanted = query.get("_id")
        if isinstance(wanted, str):
            candidates = [self._kept[wanted]] if wanted in self._kept else []
        elif isinstance(wanted, dict) and "$in" in wanted:
            candidates = [self._kept[each] for each in dict.fromkeys(wanted["$in"]) if each in self._kept]
        else:
            candidates = list(self._kept.values())
        return [each for each in candidates if all(_fits(each[1], *condition) for condition in query.items())]


def _every() -> bool:
    return True


def _fits(document: Document, field: str, condition: Any) -> bool:
    """A field that is not there is null; ranges hold among values of one kind."""
    value: Any = document
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(condition, dict):
        return value == condition and isinstance(value, bool) == isinstance(condition, bool)
    return all(_holds(operator, value, limit) for operator, limit in condition.items())


def _holds(operator: str, value: Any, limit: Any) -> bool:
    if operator == "$in":
        return value in limit
    if value is None or isinstance(value, str) != isinstance(limit, str):
        return False
    match operator:
        case "$gt":
            return value > limit
        case "$gte":
            return value >= limit
        case "$lt":
            return value < limit
        case _:
            return value <= limit
