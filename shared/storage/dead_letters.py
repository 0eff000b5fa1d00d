"""`dead_letters`: messages that nobody could handle, out of the broker's way; their bodies in `dead_bodies`,
so that a list of them stays small."""

from base64 import b64decode, b64encode
from secrets import token_hex

from shared.contracts.base import Contract, Json, Millis
from shared.storage.mongo import Document, Store

CLAIM_MS = 60_000
"""After this long, whoever began to replay a letter has died in the middle."""


class DeadLetter(Contract):
    """A message as it died. `queue` is where, `exchange` and `routing_key` lead there again; `headers` is a
    JSON object. `size` is that of the whole body in bytes; of one that is `cut` only a beginning is kept.
    `claim` is held by who is replaying it since `claimed_at`."""

    id: str
    type: str
    queue: str
    exchange: str
    routing_key: str
    reason: str
    headers: Json
    content_type: str
    message_id: str
    size: int
    cut: bool
    died_at: Millis | None
    received_at: Millis
    claim: str = ""
    claimed_at: Millis = 0


class DeadLetters:
    """The letters, by id; ids sort by the time of death."""

    def __init__(self, store: Store) -> None:
        self._collection = store["dead_letters"]
        self._bodies = store["dead_bodies"]

    async def keep(self, letter: DeadLetter, body: bytes) -> None:
        """Store a letter; harmless when it is there already."""
        text = b64encode(body).decode()
        document = {"_id": letter.id, "base64": text, "received_at": letter.received_at}
        await self._bodies.insert_one(document)
        await self._collection.insert_one(_document(letter))

    async def find(self, letter_id: str) -> DeadLetter | None:
        """The letter without its body."""
        found = await self._collection.find_one({"_id": letter_id})
        return _letter(found) if found else None

    async def body(self, letter_id: str) -> bytes:
        """The body of a letter, or the beginning that was kept of it; empty when it is gone."""
        found = await self._bodies.find_one({"_id": letter_id})
        return b64decode(found["base64"]) if found else b""

    async def page(self, *, before: str | None, limit: int, queue: str | None = None) -> list[DeadLetter]:
        """The latest first; `before` is the last id of the page before."""
        query: Document = {"queue": queue} if queue else {}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_letter(each) for each in found]

    async def count(self, queue: str | None = None) -> int:
        """How many there are, of one queue if given."""
        counted = await self._collection.count_by({"queue": queue} if queue else {}, "queue")
        return sum(counted.values())

    async def claim(self, letter: DeadLetter, now: Millis) -> DeadLetter | None:
        """Take a letter to replay it; None when somebody else has it, or it is gone."""
        if letter.claim and now - letter.claimed_at < CLAIM_MS:
            return None
        taken = letter.model_copy(update={"claim": token_hex(8), "claimed_at": now})
        replaced = await self._collection.replace_one(
            {"_id": letter.id, "claim": letter.claim}, _document(taken)
        )
        return taken if replaced else None

    async def give_back(self, taken: DeadLetter) -> None:
        """Leave a letter that could not be replayed for the next attempt."""
        left = taken.model_copy(update={"claim": "", "claimed_at": 0})
        await self._collection.replace_one({"_id": taken.id, "claim": taken.claim}, _document(left))

    async def drop(self, letter_id: str) -> bool:
        """Delete a letter; False when there is none."""
        there = await self._collection.delete({"_id": letter_id})
        await self._bodies.delete({"_id": letter_id})
        return there == 1


def _document(letter: DeadLetter) -> Document:
    return {"_id": letter.id, **letter.model_dump(exclude={"id"})}


def _letter(document: Document) -> DeadLetter:
    return DeadLetter.model_validate({"id": document.pop("_id"), **document})
