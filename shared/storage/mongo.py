"""The store, narrowed to what both MongoDB and the embedded store answer faithfully (DESIGN §9).

Inserts, guarded whole replaces, find by equality or range, delete. No update operators, dates,
transactions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, AsyncMongoClient, IndexModel, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.storage.shapes import FIELD as SHAPE_FIELD
from shared.storage.shapes import Shape

Document = dict[str, Any]
Filter = Mapping[str, Any]

DUPLICATE_KEY = 11000
SELECTION_MS = 2_000
"""How long an operation waits for a store that is away: callers are to be told soon, and ask again."""
CONNECT_MS = 5_000
"""A store that does not answer a look at it within this time is away: whoever waits for it is told."""
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# Not "$exists": the embedded store takes a field that holds null for absent.
OPERATORS = frozenset({"$in", "$gt", "$gte", "$lt", "$lte"})

INDEXES: dict[str, list[str]] = {
    "runs": ["wake_at", "workspace_id", "workflow_id", "parent_id", "trigger_id", "waiting_for", "open"],
    "node_runs": ["run_id", "executor"],
    "run_events": ["run_id"],
    "workflows": ["workspace_id"],
    "versions": ["workflow_id", "used_at"],
    "cache": ["expires_at"],
    "payloads": ["at"],
    "idempotency": ["created_at"],
    "sources": ["source"],
    "triggers": ["workspace_id", "workflow_id", "next_at", "watched", "address"],
    "run_facts": ["open"],
    "rollups": ["hour"],
    "credentials": ["workspace_id", "kid"],
    "credential_states": ["kid"],
    "connecting": ["expires_at"],
    "hook_events": ["trigger_id", "order", "received_at", "open"],
    "dead_letters": ["received_at"],
    "dead_bodies": ["received_at"],
    "alert_rules": ["workspace_id", "kind"],
    "alert_channels": ["workspace_id", "kid"],
    "alert_states": ["rule_id", "told"],
    "alerts": ["workspace_id", "at"],
    "deliveries": ["workspace_id", "alert_id", "next_at", "created_at", "kid"],
    "members": ["workspace_id", "user_id"],
    "grants": ["workflow_id", "user_id"],
    "api_keys": ["workspace_id", "user_id"],
    "sessions": ["user_id", "expires_at"],
    "variables": ["workspace_id", "kid"],
    "quotas": ["workspace_id"],
    "throttles": ["at"],
    "audit": ["workspace_id", "at"],
    "invitations": ["workspace_id", "email", "expires_at"],
    "identities": ["user_id"],
    "password_resets": ["user_id", "expires_at"],
}


class Collection:
    """One collection and the few operations that may be done on it."""

    def __init__(self, database: AsyncDatabase[Document], name: str) -> None:
        self._raw = database[name]
        self._shape = Shape(name)

    async def insert_one(self, document: Document) -> bool:
        """Insert; False when a document with this `_id` is there already."""
        try:
            await self._raw.insert_one(self._shape.written(document))
        except DuplicateKeyError:
            return False
        return True

    async def insert_many(self, documents: Sequence[Document]) -> set[str]:
        """Insert all that are new; the ids of those that were there already."""
        try:
            if documents:
                await self._raw.insert_many([self._shape.written(each) for each in documents], ordered=False)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in failed):
                raise
            return {documents[each["index"]]["_id"] for each in failed}
        return set()

    async def replace_one(self, guard: Filter, document: Document) -> bool:
        """Replace the one document that `guard` (`_id` and, say, `rev`) matches; False when none does."""
        checked(guard)
        return (await self._raw.replace_one(guard, self._shape.written(document))).matched_count == 1

    async def replace_many(self, replaces: Sequence[tuple[Filter, Document]]) -> int:
        """Guarded replaces in one unordered write; how many matched."""
        if not replaces:
            return 0
        if len(replaces) == 1:  # a bulk of one costs more than the write itself
            return int(await self.replace_one(*replaces[0]))
        operations = [
            ReplaceOne(checked(guard), self._shape.written(document)) for guard, document in replaces
        ]
        return (await self._raw.bulk_write(operations, ordered=False)).matched_count

    async def find_one(self, query: Filter) -> Document | None:
        """The first document that matches."""
        found = await self._raw.find_one(checked(query))
        return None if found is None else self._shape.read(found)

    async def find(
        self,
        query: Filter,
        *,
        sort: str | None = None,
        descending: bool = False,
        limit: int = 0,
        only: Sequence[str] = (),
    ) -> list[Document]:
        """All that match, at most `limit` when it is not 0, sorted by one field when asked to, and then with
        `only` some of their fields if wanted."""
        if sort is None:
            found = await self._raw.find(checked(query), limit=limit).to_list()
        else:
            fields = [*only, SHAPE_FIELD] if only else ()
            found = await self._sorted(query, {sort: -1 if descending else 1}, limit=limit, only=fields)
        return [self._shape.read(each) for each in found]

    async def ids(self, query: Filter, *, limit: int) -> list[str]:
        """The first ids of those that match, in order; no document is sent."""
        found = await self._sorted(query, {"_id": 1}, limit=limit, only=["_id"])
        return [each["_id"] for each in found]

    async def present(self, ids: Iterable[str]) -> set[str]:
        """Which of these ids there are; no document is sent."""
        found = self._raw.find({"_id": {"$in": list(ids)}}, {"_id": 1})
        return {each["_id"] for each in await found.to_list()}

    async def _sorted(
        self, query: Filter, sort: Mapping[str, int], *, limit: int, only: Sequence[str] = ()
    ) -> list[Document]:
        """By aggregation: the embedded store scans for a find by a range of ids."""
        stages: list[dict[str, Any]] = [{"$match": checked(query)}, {"$sort": sort}]
        stages += [{"$limit": limit}] if limit else []
        stages += [{"$project": dict.fromkeys(only, 1)}] if only else []
        return await (await self._raw.aggregate(stages)).to_list()

    async def count_by(self, query: Filter, field: str) -> dict[str, int]:
        """How many documents match, by the value of one field."""
        group = {"$group": {"_id": f"${field}", "n": {"$sum": 1}}}
        rows = await (await self._raw.aggregate([{"$match": checked(query)}, group])).to_list()
        return {str(row["_id"]): int(row["n"]) for row in rows}

    async def sum_by(self, query: Filter, field: str, of: str) -> dict[str, float]:
        """The sum of one number of all documents that match, by the value of one field."""
        group = {"$group": {"_id": f"${field}", "sum": {"$sum": f"${of}"}}}
        rows = await (await self._raw.aggregate([{"$match": checked(query)}, group])).to_list()
        return {str(row["_id"]): float(row["sum"] or 0) for row in rows}  # null: none of them has it

    async def delete(self, query: Filter) -> int:
        """Delete all that match; how many there were."""
        return (await self._raw.delete_many(checked(query))).deleted_count

    async def create_indexes(self, fields: Iterable[str]) -> None:
        """One plain ascending index a field."""
        await self._raw.create_indexes([IndexModel([(field, ASCENDING)]) for field in fields])


class Store:
    """A connection to one database. Writes are acknowledged by a majority and journalled."""

    def __init__(self, url: str, *, app: str = "weft") -> None:
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            appname=app,
            w="majority",
            journal=True,
            tz_aware=True,
            maxPoolSize=20,
            serverSelectionTimeoutMS=SELECTION_MS,
            connectTimeoutMS=CONNECT_MS,
            heartbeatFrequencyMS=CONNECT_MS,
            socketTimeoutMS=30_000,
        )
        self._database = self._client.get_default_database("weft")

    def __getitem__(self, name: str) -> Collection:
        return Collection(self._database, name)

    async def ping(self) -> None:
        """Raises PyMongoError when the store cannot be reached."""
        await self._client.admin.command("ping")

    async def prepare(self) -> None:
        """Create the indexes; harmless when they are there."""
        for name, fields in INDEXES.items():
            await self[name].create_indexes(fields)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def checked(query: Filter) -> Filter:
    """The query itself when it uses only allowed fields, operators and values; raises ValueError
    otherwise."""
    for field, condition in query.items():
        if not FIELD.fullmatch(field):
            raise ValueError(f"field {field!r} is not allowed in a query")
        conditions = condition if isinstance(condition, dict) else {"$in": [condition]}
        if not conditions:
            raise ValueError(f"{field!r}: an empty condition is not allowed in a query")
        for operator, value in conditions.items():
            values = value if isinstance(value, list) else [value]
            if operator not in OPERATORS or any(
                not isinstance(each, str | int | float | None) for each in values
            ):
                raise ValueError(
                    f"{field!r}: {operator!r} with {type(value).__name__} is not allowed in a query"
                )
    return query
