"""The catalog as the gateway sees it: loaded from the store, kept fresh by what executors announce."""

from hashlib import sha256
from time import monotonic

import orjson

from shared.contracts.catalog import NodeType
from shared.storage.node_types import NodeTypes

MAX_AGE_S = 30


class Catalog:
    """Node types by name. Read again when old, since an announcement may have been missed."""

    def __init__(self, node_types: NodeTypes) -> None:
        self._store = node_types
        self._types: dict[str, NodeType] = {}
        self._read_at: float | None = None
        self.generation = ""

    async def current(self) -> dict[str, NodeType]:
        """All node types; raises PyMongoError when they have to be read and cannot be."""
        if self._read_at is None or monotonic() - self._read_at > MAX_AGE_S:
            self._use(await self._store.all())
            self._read_at = monotonic()
        return self._types

    def announced(self, node_types: list[NodeType]) -> None:
        """Take over what an executor says of its types."""
        self._use({**self._types, **{each.type: each for each in node_types}})

    def outdated(self) -> None:
        """Read the store again at the next use."""
        self._read_at = None

    def _use(self, types: dict[str, NodeType]) -> None:
        if types == self._types:
            return
        self._types = dict(sorted(types.items()))
        dumped = [each.model_dump(mode="json") for each in self._types.values()]
        self.generation = sha256(orjson.dumps(dumped, option=orjson.OPT_SORT_KEYS)).hexdigest()
