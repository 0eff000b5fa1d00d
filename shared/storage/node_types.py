"""`node_types`: the catalog as the executors announced it; `_id` is the type's name."""

from collections.abc import Sequence

from shared.contracts.catalog import NodeType
from shared.contracts.value import from_json, to_json
from shared.storage.mongo import Store


class NodeTypes:
    """Node types of all executors. Their schemas are kept as JSON text: `$ref` is no key for a store."""

    def __init__(self, store: Store) -> None:
        self._collection = store["node_types"]

    async def put(self, node_types: Sequence[NodeType]) -> None:
        """Store each type, in place of what was announced under its name before."""
        for node_type in node_types:
            document = {"_id": node_type.type, "text": to_json(node_type.model_dump(mode="json"))}
            if not await self._collection.insert_one(document):
                await self._collection.replace_one({"_id": node_type.type}, document)

    async def all(self) -> dict[str, NodeType]:
        """The whole catalog by name."""
        found = await self._collection.find({})
        return {each["_id"]: NodeType.model_validate(from_json(each["text"])) for each in found}
