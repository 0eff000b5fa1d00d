"""`payloads`: what is too large to travel is stored once under its content."""

import asyncio
from typing import Any

import bson
import pytest

from shared.contracts.value import INLINE_BYTES, Value, inline
from shared.storage.mongo import Store
from shared.storage.payloads import PIECE_CHARS, READ_AT_ONCE, SAID_AGAIN_MS, Payloads
from tests.builders import NOW


@pytest.fixture
def payloads(store: Store) -> Payloads:
    return Payloads(store)


def text(size: int, letter: str = "x") -> str:
    return f'"{letter * (size - 2)}"'


async def test_what_is_small_travels(payloads: Payloads) -> None:
    largest = text(INLINE_BYTES)
    assert await payloads.put(largest) == Value(json_text=largest, size=INLINE_BYTES)
    assert await payloads.text(inline("1")) == "1"


async def test_what_is_large_is_stored(payloads: Payloads) -> None:
    value = await payloads.put(text(INLINE_BYTES + 1))
    assert (value.json_text, value.size) == (None, INLINE_BYTES + 1)
    assert await payloads.text(value) == text(INLINE_BYTES + 1)


async def test_bytes_count_not_letters(payloads: Payloads) -> None:
    value = await payloads.put(text(20_000, "ż"))
    assert value.ref is not None
    assert value.size == 2 * 20_000 - 2
    assert await payloads.text(value) == text(20_000, "ż")


async def test_no_document_grows_beyond_two_megabytes(store: Store, payloads: Payloads) -> None:
    values = [text(3_000_000), text(5_000_000, "ż"), text(1_000_000, "\U0001f9f6")]
    kept = [await payloads.put(each) for each in values]
    sizes = [len(bson.encode(each)) for each in await store["payloads"].find({"at": {"$gt": 0}})]
    assert max(sizes) < 2_000_000
    assert len(sizes) > len(values)
    assert await payloads.texts(kept) == {value.ref: each for value, each in zip(kept, values, strict=True)}
    assert [value.size for value in kept] == [len(each.encode()) for each in values]


async def test_a_value_that_lacks_a_piece_is_gone(store: Store, payloads: Payloads) -> None:
    value = await payloads.put(text(900_000))
    parts = await payloads.with_parts([value.ref or ""]) - {value.ref}
    await store["payloads"].delete({"_id": sorted(parts)[0]})
    with pytest.raises(LookupError, match="is gone"):
        await payloads.text(value)


async def test_the_same_content_is_stored_once(payloads: Payloads) -> None:
    assert await payloads.refer("[1]") == await payloads.refer("[1]")
    assert (await payloads.refer("[1]")).ref != (await payloads.refer("[2]")).ref


async def test_what_is_put_again_counts_as_new(
    store: Store, payloads: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put_at(now: int) -> int:
        monkeypatch.setattr("shared.storage.payloads.now_ms", lambda: now)
        ref = (await payloads.refer("[1]")).ref
        return next(each["at"] for each in await store["payloads"].find({"_id": ref}))

    assert await put_at(NOW) == NOW
    assert await put_at(NOW + 1) == NOW, "not worth a write"
    assert await put_at(NOW + SAID_AGAIN_MS) == NOW + SAID_AGAIN_MS


async def test_what_is_removed_while_it_is_put_is_there_afterwards(store: Store, payloads: Payloads) -> None:
    value = await payloads.refer("[1]")

    async def remove() -> None:
        for _ in range(30):
            await store["payloads"].delete({"_id": value.ref})

    async def put() -> None:
        for _ in range(30):
            await payloads.refer("[1]")

    await asyncio.gather(remove(), *(put() for _ in range(3)))
    assert await payloads.refer("[1]") == value
    assert await payloads.text(value) == "[1]"


async def test_texts_are_found_together(payloads: Payloads) -> None:
    one, two = await payloads.refer("[1]"), await payloads.refer("[2]")
    assert await payloads.texts([one, two, one, inline("3")]) == {one.ref: "[1]", two.ref: "[2]"}
    assert await payloads.texts([inline("3")]) == {}


async def test_what_is_gone_is_named(payloads: Payloads) -> None:
    with pytest.raises(LookupError, match="feed"):
        await payloads.texts([await payloads.refer("[1]"), Value(ref="feed", size=3)])


async def test_what_has_very_many_pieces_is_read_some_at_a_time(
    payloads: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = "".join(chr(0x1F300 + number) * PIECE_CHARS for number in range(40))
    value = await payloads.refer(large)
    assert value.size > 48 * 2**20, "more than a message may have on MongoDB's wire"
    find, asked = payloads._collection.find, list[int]()

    async def counted(query: Any) -> list[Any]:
        asked.append(len(query["_id"]["$in"]))
        return await find(query)

    monkeypatch.setattr(payloads._collection, "find", counted)
    assert await payloads.text(value) == large
    assert (sum(asked), max(asked)) == (41, READ_AT_ONCE)
    asked.clear()
    assert "".join([each async for each in payloads.pieces(value)]) == large
    assert max(asked) == 1
