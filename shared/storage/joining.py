"""A value put together from others that are too large to be held: what they are kept in is used again."""

from hashlib import sha256

from shared.contracts.base import Json
from shared.contracts.value import INLINE_BYTES, MAX_VALUE_BYTES, Value
from shared.storage.payloads import PIECE_CHARS, Payloads


class TooLarge(Exception):
    """More than one value may have."""


class Joining:
    """Takes texts and values one after the other; they make one JSON text in the end. Holds one piece of it
    at most."""

    def __init__(self, payloads: Payloads, *, most: int = MAX_VALUE_BYTES) -> None:
        self._payloads = payloads
        self._most = most
        self._hash = sha256()
        self._size = 0
        self._held: list[Json] = []
        self._chars = 0
        self._parts: list[str] = []

    async def add(self, *given: Json | Value) -> None:
        """Raises TooLarge before what is too large is read, and LookupError when it is gone."""
        for each in given:
            if isinstance(each, str):
                await self._hold(each)
            elif each.json_text is not None:
                await self._hold(each.json_text)
            else:
                await self._reuse(each)

    async def value(self) -> Value:
        """All of it, stored unless it is small."""
        if not self._parts and self._size <= INLINE_BYTES:
            return Value(json_text="".join(self._held), size=self._size)
        if not self._parts and self._chars <= PIECE_CHARS:
            return await self._payloads.refer("".join(self._held))
        await self._let_go()
        return await self._payloads.keep_parts(self._hash.hexdigest(), self._size, self._parts)

    async def _hold(self, text: Json) -> None:
        self._count(len(text.encode()))
        self._hash.update(text.encode())
        self._held.append(text)
        self._chars += len(text)
        if self._chars > PIECE_CHARS:
            await self._let_go()

    async def _reuse(self, large: Value) -> None:
        if self._size + large.size > self._most:
            raise TooLarge
        refs = await self._payloads.piece_refs(large.ref or "")
        if len(refs) == 1:
            await self._hold(await self._payloads.text(large))
            return
        await self._let_go()
        for ref in refs:
            content = (await self._payloads.reuse(ref)).encode()
            self._count(len(content))
            self._hash.update(content)
            self._parts.append(ref)

    async def _let_go(self) -> None:
        text, self._held, self._chars = "".join(self._held), [], 0
        for start in range(0, len(text), PIECE_CHARS):
            piece = await self._payloads.refer(text[start : start + PIECE_CHARS])
            self._parts.append(piece.ref or "")

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._most:
            raise TooLarge
