"""`payloads`: JSON texts over 32 KB, under the SHA-256 of their content; `at` is when they were last put."""

from collections.abc import Sequence
from hashlib import sha256

from shared.contracts.base import Json
from shared.contracts.value import INLINE_BYTES, Value
from shared.ids import now_ms
from shared.storage.mongo import Document, Store

SAID_AGAIN_MS = 43_200_000
"""`at` may be this much older than the last put, so that what is put often is rarely written."""


class Payloads:
    """Large values, written once and never changed."""

    def __init__(self, store: Store) -> None:
        self._collection = store["payloads"]

    async def put(self, text: Json) -> Value:
        """The value to send along: the text itself when it is small, a reference once it is stored
        otherwise."""
        size = len(text.encode())
        return Value(json_text=text, size=size) if size <= INLINE_BYTES else await self.refer(text)

    async def refer(self, text: Json) -> Value:
        """A reference to the text, once it is stored."""
        digest = sha256(text.encode()).hexdigest()
        document = {"_id": digest, "text": text, "at": now_ms()}
        while not await self._collection.insert_one(document) and not await self._said_again(document):
            """The janitor has removed it in between."""
        return Value(ref=digest, size=len(text.encode()))

    async def _said_again(self, document: Document) -> bool:
        """See to it that what is there already counts as put now; False when it is gone."""
        fresh = {"_id": document["_id"], "at": {"$gt": document["at"] - SAID_AGAIN_MS}}
        if await self._collection.ids(fresh, limit=1):
            return True
        return await self._collection.replace_one({"_id": document["_id"]}, document)

    async def texts(self, values: Sequence[Value]) -> dict[str, Json]:
        """The texts behind the references among `values`, by reference; raises LookupError when one is
        gone."""
        refs = list({value.ref for value in values if value.ref})
        if not refs:
            return {}
        found = {each["_id"]: each["text"] for each in await self._collection.find({"_id": {"$in": refs}})}
        if missing := set(refs) - set(found):
            raise LookupError(f"stored value {missing.pop()} is gone")
        return found

    async def text(self, value: Value) -> Json:
        """The JSON text of one value, wherever it is."""
        if value.json_text is not None:
            return value.json_text
        return (await self.texts([value]))[value.ref or ""]
