"""`payloads`: JSON texts over 32 KB, under the SHA-256 of their content; `at` is when they were last put.

What would make too large a document is kept in pieces, each under its own content; `parts` names them in
order."""

from collections.abc import AsyncIterator, Collection, Sequence
from hashlib import sha256

from shared.contracts.base import Json
from shared.contracts.value import INLINE_BYTES, Value
from shared.ids import now_ms
from shared.storage.mongo import Document, Store

SAID_AGAIN_MS = 43_200_000
"""`at` may be this much older than the last put, so that what is put often is rarely written."""
PIECE_CHARS = 400_000
"""At four bytes a character, a piece stays below 2 MB."""
READ_AT_ONCE = 16
"""Documents in one query: a store may send them all in one reply, which is held as a whole."""


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
        content = text.encode()
        digest = sha256(content).hexdigest()
        if len(text) <= PIECE_CHARS:
            await self._keep(digest, {"text": text})
        else:
            starts = range(0, len(text), PIECE_CHARS)
            pieces = [await self.refer(text[start : start + PIECE_CHARS]) for start in starts]
            await self._keep(digest, {"parts": [piece.ref for piece in pieces]})
        return Value(ref=digest, size=len(content))

    async def _keep(self, digest: str, content: Document) -> None:
        document = {"_id": digest, **content, "at": now_ms()}
        while not await self._collection.insert_one(document) and not await self._said_again(document):
            """The janitor has removed it in between."""

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
        found = await self._documents(refs)
        parts = {part for document in found.values() for part in document.get("parts", ())}
        pieces = await self._documents(list(parts)) if parts else {}
        return {
            ref: document["text"]
            if "text" in document
            else "".join(pieces[part]["text"] for part in document["parts"])
            for ref, document in found.items()
        }

    async def pieces(self, value: Value) -> AsyncIterator[Json]:
        """The text of one value, a piece after the other, never more than one of them in memory; raises
        LookupError when one is gone."""
        if value.json_text is not None:
            yield value.json_text
            return
        for ref in await self.piece_refs(value.ref or ""):
            yield (await self._documents([ref]))[ref]["text"]

    async def piece_refs(self, ref: str) -> list[str]:
        """What a stored value is kept in, in order: itself, unless it has pieces; raises LookupError when it
        is gone."""
        document = (await self._documents([ref]))[ref]
        return document.get("parts", [ref])

    async def reuse(self, ref: str) -> Json:
        """The text of a piece that is used once more, and that counts as put now; raises LookupError when it
        is gone."""
        document = (await self._documents([ref]))[ref]
        if document["at"] <= now_ms() - SAID_AGAIN_MS:
            await self._keep(ref, {"text": document["text"]})
        return document["text"]

    async def keep_parts(self, digest: str, size: int, parts: Sequence[str]) -> Value:
        """A value that consists of these pieces, which are there."""
        await self._keep(digest, {"parts": list(parts)})
        return Value(ref=digest, size=size)

    async def with_parts(self, refs: Collection[str]) -> set[str]:
        """These references, and those of the pieces that they are kept in."""
        parts = [part async for document in self._there(list(refs)) for part in document.get("parts", ())]
        return {*refs, *parts}

    async def _there(self, refs: Sequence[str]) -> AsyncIterator[Document]:
        for start in range(0, len(refs), READ_AT_ONCE):
            some = list(refs[start : start + READ_AT_ONCE])
            for document in await self._collection.find({"_id": {"$in": some}}):
                yield document

    async def _documents(self, refs: Sequence[str]) -> dict[str, Document]:
        found = {document["_id"]: document async for document in self._there(refs)}
        if missing := set(refs) - set(found):
            raise LookupError(f"stored value {missing.pop()} is gone")
        return found

    async def text(self, value: Value) -> Json:
        """The JSON text of one value, wherever it is."""
        if value.json_text is not None:
            return value.json_text
        return (await self.texts([value]))[value.ref or ""]
