"""`credential_types`: what connectors announced; `_id` is the type's name."""

from collections.abc import Sequence

from shared.contracts.credential import CredentialType
from shared.contracts.value import from_json, to_json
from shared.storage.mongo import Store


class CredentialTypes:
    """The types of all connectors, as JSON text: `$ref` is no key for a store."""

    def __init__(self, store: Store) -> None:
        self._collection = store["credential_types"]

    async def put(self, types: Sequence[CredentialType]) -> None:
        """Store each type, in place of what was announced under its name before."""
        for each in types:
            document = {"_id": each.type, "text": to_json(each.model_dump(mode="json"))}
            if not await self._collection.insert_one(document):
                await self._collection.replace_one({"_id": each.type}, document)

    async def all(self) -> dict[str, CredentialType]:
        """All of them by name, in order."""
        found = await self._collection.find({}, sort="_id")
        return {each["_id"]: CredentialType.model_validate(from_json(each["text"])) for each in found}
