"""Values are joined without being held: what they are kept in is used again."""

import bson
import pytest

from shared.contracts.value import INLINE_BYTES, Value, inline
from shared.storage import joining as module
from shared.storage.joining import Joining, TooLarge
from shared.storage.mongo import Store
from shared.storage.payloads import PIECE_CHARS, SAID_AGAIN_MS, Payloads
from tests.builders import NOW


@pytest.fixture
def payloads(store: Store) -> Payloads:
    return Payloads(store)


def text(size: int, letter: str = "x") -> str:
    return f'"{letter * (size - 2)}"'


TEXTS = {
    "nothing": ["[", "]"],
    "small ones": ["[", text(100), ",", text(200), "]"],
    "as much as travels": [text(INLINE_BYTES)],
    "a little more": ["[", text(INLINE_BYTES), "]"],
    "one in pieces": ["[", text(3 * PIECE_CHARS, "\u0142"), "]"],
    "all kinds": ["[", text(50), ",", text(PIECE_CHARS // 2), ",", text(PIECE_CHARS * 2), ",", text(9), "]"],
    "many in one piece each": ["[", *[text(PIECE_CHARS - 5), ","] * 5, "1]"],
    "a text larger than a piece": ["x" * (3 * PIECE_CHARS)],
}


@pytest.mark.parametrize("name", TEXTS)
async def test_what_is_joined_is_what_would_have_been_put_whole(
    store: Store, payloads: Payloads, name: str
) -> None:
    whole = "".join(TEXTS[name])
    joining = Joining(payloads)
    await joining.add(*[each if len(each) < 30 else await payloads.put(each) for each in TEXTS[name]])
    value = await joining.value()
    assert await payloads.text(value) == whole
    assert (value.size, value.ref is None) == (len(whole.encode()), len(whole.encode()) <= INLINE_BYTES)
    assert value.ref in (None, (await payloads.put(whole)).ref), "the same content has the same name"
    kept = await store["payloads"].find({"at": {"$gt": 0}})
    assert max((len(bson.encode(each)) for each in kept), default=0) < 2_000_000


async def test_pieces_are_not_stored_twice(store: Store, payloads: Payloads) -> None:
    large = await payloads.put(text(5 * PIECE_CHARS))
    before = set(await store["payloads"].ids({"at": {"$gt": 0}}, limit=100))
    joining = Joining(payloads)
    await joining.add('{"a":', large, "}")
    value = await joining.value()
    after = set(await store["payloads"].ids({"at": {"$gt": 0}}, limit=100))
    assert len(after - before) == 3, "the value, and what stands around"
    assert await payloads.with_parts([value.ref or ""]) >= before - {large.ref}


async def test_pieces_that_are_used_again_count_as_put_now(
    store: Store, payloads: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.storage.payloads.now_ms", lambda: NOW)
    large = await payloads.put(text(2 * PIECE_CHARS))
    monkeypatch.setattr("shared.storage.payloads.now_ms", lambda: NOW + SAID_AGAIN_MS)
    joining = Joining(payloads)
    await joining.add("[", large, "]")
    value = await joining.value()
    parts = await payloads.with_parts([value.ref or ""])
    found = await store["payloads"].find({"_id": {"$in": list(parts)}})
    assert {each["at"] for each in found} == {NOW + SAID_AGAIN_MS}


async def test_too_much_is_refused_before_it_is_read(
    payloads: Payloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = await payloads.put(text(2 * PIECE_CHARS))

    async def read(_ref: str) -> list[str]:
        raise AssertionError("it was read")

    monkeypatch.setattr(payloads, "piece_refs", read)
    with pytest.raises(TooLarge):
        await Joining(payloads, most=2 * PIECE_CHARS - 1).add(large)
    with pytest.raises(TooLarge):
        await Joining(payloads, most=100).add("[", inline(text(100)))
    assert module.MAX_VALUE_BYTES == 50_000_000


async def test_what_is_gone_is_said_to_be(payloads: Payloads) -> None:
    with pytest.raises(LookupError, match="is gone"):
        await Joining(payloads).add(Value(ref="0" * 64, size=1_000_000))
