"""`payloads`: what is too large to travel is stored once under its content."""

import pytest

from shared.contracts.value import INLINE_BYTES, Value, inline
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads


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


async def test_the_same_content_is_stored_once(payloads: Payloads) -> None:
    assert await payloads.refer("[1]") == await payloads.refer("[1]")
    assert (await payloads.refer("[1]")).ref != (await payloads.refer("[2]")).ref


async def test_texts_are_found_together(payloads: Payloads) -> None:
    one, two = await payloads.refer("[1]"), await payloads.refer("[2]")
    assert await payloads.texts([one, two, one, inline("3")]) == {one.ref: "[1]", two.ref: "[2]"}
    assert await payloads.texts([inline("3")]) == {}


async def test_what_is_gone_is_named(payloads: Payloads) -> None:
    with pytest.raises(LookupError, match="feed"):
        await payloads.texts([await payloads.refer("[1]"), Value(ref="feed", size=3)])
