"""The store at hand keeps what the repositories rely on: faithful documents, guarded replaces, honest finds.

Every operation of `shared/storage/mongo.py`, with random values. Run it against a new store, or a new version
of one, before trusting it: `WEFT_MONGO_URL=… make test`."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from shared.storage.mongo import Collection, Document, Filter, Store, checked

KEYS = ("a", "b_c", "nested", "ключ", "with space", "0", "_x", "A-1", "🐚")
TEXTS = (
    "", "text", "żółć", "日本語", "🐚\u200d", "a\nb\t\r", "\x00", "'; drop --", '{"a": 1}', "null", "1", "$a",
    "x" * 3000,
)  # fmt: skip
INTEGERS = (0, 1, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63), 1_700_000_000_000)
FLOATS = (0.0, -0.0, 1.0, 0.1, -1.5, 1e-300, 1e300, 3.141592653589793, 2.0**53, 5e-324)


def value(chance: Random, depth: int = 0) -> Any:
    """Any value that Weft may put into a document."""
    kind = chance.randrange(9 if depth < 4 else 6)
    match kind:
        case 0:
            return None
        case 1:
            return chance.choice([True, False])
        case 2:
            return chance.choice([*INTEGERS, chance.randrange(-(2**63), 2**63)])
        case 3:
            return chance.choice([*FLOATS, chance.uniform(-1e6, 1e6)])
        case 4 | 5:
            return chance.choice(TEXTS)
        case 6:
            return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case _:
            return {chance.choice(KEYS): value(chance, depth + 1) for _ in range(chance.randrange(4))}


def documents(seed: int, count: int) -> list[Document]:
    """Documents with ids of their own, and two fields that hold scalars for queries."""
    chance = Random(seed)
    return [
        {
            "_id": f"d{seed}:{index:04d}",
            "rank": chance.choice([chance.randrange(50), 1_700_000_000_000 + chance.randrange(50)]),
            "kind": chance.choice(["red", "green", "blue", "ż"]),
            **({"open": chance.choice([True, False])} if chance.random() < 0.7 else {}),
            **({"gone": None} if chance.random() < 0.3 else {}),
            "value": value(chance),
        }
        for index in range(count)
    ]


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down: 1, 1.0 and true are three things."""
    if _kind(left) is not _kind(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and str(left) == str(right)


def _kind(value: Any) -> type:
    """The driver hands long integers out as a subclass of `int`."""
    return int if isinstance(value, int) and not isinstance(value, bool) else type(value)


def by_id(found: list[Document]) -> dict[str, Document]:
    return {document["_id"]: document for document in found}


@pytest.fixture
def things(store: Store) -> Collection:
    return store["things"]


async def test_documents_come_back_as_they_were_inserted(things: Collection) -> None:
    many, single = documents(1, 300), documents(2, 60)
    assert await things.insert_many(many) == set()
    for document in single:
        assert await things.insert_one(document)
    found = by_id(await things.find({}))
    assert len(found) == 360
    for document in many + single:
        assert same(found[document["_id"]], document), document
        assert same(await things.find_one({"_id": document["_id"]}), document)


async def test_documents_come_back_as_they_were_replaced(things: Collection) -> None:
    before = documents(3, 150)
    after = [{**new, "_id": old["_id"]} for old, new in zip(before, documents(4, 150), strict=True)]
    await things.insert_many(before)
    for document in after[:50]:
        assert await things.replace_one({"_id": document["_id"]}, document)
    replaces = [({"_id": each["_id"]}, each) for each in after[50:]]
    assert await things.replace_many(replaces) == 100
    found = by_id(await things.find({}))
    assert all(same(found[each["_id"]], each) for each in after)


async def test_a_document_may_be_large(things: Collection) -> None:
    large = {"_id": "large", "text": "żx" * 5_000_000}
    assert await things.insert_one(large)
    assert await things.find_one({"_id": "large"}) == large


async def test_an_id_is_taken_once(things: Collection) -> None:
    assert await things.insert_one({"_id": "a", "n": 1})
    assert not await things.insert_one({"_id": "a", "n": 2})
    assert await things.find_one({"_id": "a"}) == {"_id": "a", "n": 1}


async def test_duplicates_are_reported_and_the_rest_is_inserted(things: Collection) -> None:
    await things.insert_many([{"_id": f"d{index}", "n": 0} for index in range(0, 40, 2)])
    late = [{"_id": f"d{index}", "n": 1} for index in range(40)]
    assert await things.insert_many(late) == {f"d{index}" for index in range(0, 40, 2)}
    found = by_id(await things.find({}))
    assert {key: each["n"] for key, each in found.items()} == {f"d{n}": n % 2 for n in range(40)}
    assert await things.insert_many([{"_id": "x", "n": 1}, {"_id": "x", "n": 2}]) == {"x"}
    assert await things.insert_many([]) == set()


async def test_many_who_insert_the_same_id_find_one_winner(store_url: str) -> None:
    stores = [Store(store_url) for _ in range(8)]
    ids = [f"claim{index}" for index in range(25)]

    async def claim(index: int) -> set[str]:
        there = await stores[index]["claims"].insert_many([{"_id": each, "by": index} for each in ids])
        return set(ids) - there

    won = await asyncio.gather(*(claim(index) for index in range(8)))
    assert sorted(each for ours in won for each in ours) == sorted(ids)
    stored = await stores[0]["claims"].find({})
    assert all(each["_id"] in won[each["by"]] for each in stored)
    await asyncio.gather(*(each.close() for each in stores))


async def test_a_guard_that_does_not_match_replaces_nothing(things: Collection) -> None:
    await things.insert_one({"_id": "a", "rev": 3, "open": True, "by": "me"})
    for guard in ({"rev": 2}, {"rev": 4}, {"open": False}, {"by": "you"}, {"absent": 1}):
        assert not await things.replace_one({"_id": "a", **guard}, {"_id": "a", "rev": 9}), guard
    assert not await things.replace_one({"_id": "b"}, {"_id": "b", "rev": 9})
    assert await things.find({}) == [{"_id": "a", "rev": 3, "open": True, "by": "me"}]
    assert await things.replace_one({"_id": "a", "rev": 3, "open": True, "by": "me"}, {"_id": "a", "rev": 4})


async def test_of_many_replaces_those_that_match_are_counted(things: Collection) -> None:
    await things.insert_many([{"_id": f"d{index}", "rev": index % 3} for index in range(30)])
    replaces: list[tuple[Filter, Document]] = [
        ({"_id": f"d{index}", "rev": 1}, {"_id": f"d{index}", "rev": 2, "new": True}) for index in range(40)
    ]
    assert await things.replace_many(replaces) == 10
    found = by_id(await things.find({}))
    assert len(found) == 30
    assert {key for key, each in found.items() if "new" in each} == {f"d{n}" for n in range(1, 30, 3)}
    assert await things.replace_many([]) == 0


async def test_a_replace_by_the_same_document_still_matches(things: Collection) -> None:
    await things.insert_one({"_id": "a", "rev": 1})
    assert await things.replace_one({"_id": "a"}, {"_id": "a", "rev": 1})
    assert await things.replace_many([({"_id": "a"}, {"_id": "a", "rev": 1})]) == 1


@pytest.mark.parametrize("many", [False, True], ids=["replace_one", "replace_many"])
async def test_of_eight_writers_each_replace_has_one(store_url: str, *, many: bool) -> None:
    stores = [Store(store_url) for _ in range(8)]
    await stores[0]["counters"].insert_one({"_id": "c", "rev": 0, "by": {}})

    async def count(index: int) -> int:
        counters, conflicts, done = stores[index]["counters"], 0, 0
        while done < 15:
            found = await counters.find_one({"_id": "c"})
            assert found is not None
            by = {**found["by"], str(index): done + 1}
            guard, new = {"_id": "c", "rev": found["rev"]}, {"_id": "c", "rev": found["rev"] + 1, "by": by}
            write = counters.replace_many([(guard, new)]) if many else counters.replace_one(guard, new)
            replaced = await write
            done, conflicts = done + bool(replaced), conflicts + (not replaced)
        return conflicts

    conflicts = await asyncio.gather(*(count(index) for index in range(8)))
    found = await stores[0]["counters"].find_one({"_id": "c"})
    assert found == {"_id": "c", "rev": 120, "by": {str(index): 15 for index in range(8)}}
    assert sum(conflicts) > 0
    await asyncio.gather(*(each.close() for each in stores))


QUERIES: dict[str, tuple[Document, Callable[[Document], bool]]] = {
    "equality": ({"kind": "red"}, lambda d: d["kind"] == "red"),
    "a text beyond ASCII": ({"kind": "ż"}, lambda d: d["kind"] == "ż"),
    "two equalities": ({"kind": "red", "open": True}, lambda d: d["kind"] == "red" and d.get("open") is True),
    "false": ({"open": False}, lambda d: d.get("open") is False),
    "an integer": ({"rank": 7}, lambda d: d["rank"] == 7),
    "in": ({"kind": {"$in": ["red", "ż", "none"]}}, lambda d: d["kind"] in ("red", "ż")),
    "in of one": ({"kind": {"$in": ["red"]}}, lambda d: d["kind"] == "red"),
    "in of nothing": ({"kind": {"$in": []}}, lambda _: False),
    "in of ids": ({"_id": {"$in": ["d5:0001", "x"]}}, lambda d: d["_id"] == "d5:0001"),
    "up to": ({"rank": {"$lte": 25}}, lambda d: d["rank"] <= 25),
    "below": ({"rank": {"$lt": 1_700_000_000_025}}, lambda d: d["rank"] < 1_700_000_000_025),
    "from": ({"rank": {"$gte": 1_700_000_000_025}}, lambda d: d["rank"] >= 1_700_000_000_025),
    "between": ({"rank": {"$gt": 10, "$lt": 40}}, lambda d: 10 < d["rank"] < 40),
    "ids below": ({"_id": {"$lt": "d5:0100"}}, lambda d: d["_id"] < "d5:0100"),
    "ids below, of a kind": (
        {"kind": "blue", "_id": {"$lt": "d5:0100"}},
        lambda d: d["kind"] == "blue" and d["_id"] < "d5:0100",
    ),
    "null or absent": ({"gone": None}, lambda d: d.get("gone") is None),
    "null is below nothing": ({"gone": {"$lte": 5}}, lambda _: False),
    "an absent field": ({"nowhere": 1}, lambda _: False),
    "an absent field's range": ({"nowhere": {"$lte": 5}}, lambda _: False),
}


async def test_finding_finds_what_python_would_find(things: Collection) -> None:
    stored = documents(5, 300)
    await things.insert_many(stored)
    for name, (query, holds) in QUERIES.items():
        expected = {each["_id"] for each in stored if holds(each)}
        assert {each["_id"] for each in await things.find(query)} == expected, name
        first = await things.find_one(query)
        assert (first["_id"] in expected) if first else not expected, name


async def test_sorting_and_limits(things: Collection) -> None:
    stored = documents(6, 120)
    Random(7).shuffle(stored)
    await things.insert_many(stored)
    ids = sorted(each["_id"] for each in stored)
    assert [each["_id"] for each in await things.find({}, sort="_id")] == ids
    newest = await things.find({}, sort="_id", descending=True, limit=10)
    assert [each["_id"] for each in newest] == ids[::-1][:10]
    page = await things.find({"_id": {"$lt": ids[60]}}, sort="_id", descending=True, limit=5)
    assert [each["_id"] for each in page] == ids[55:60][::-1]
    reds = await things.find({"kind": "red"}, sort="rank", limit=7)
    assert [each["rank"] for each in reds] == sorted(d["rank"] for d in stored if d["kind"] == "red")[:7]
    assert all(same(each, by_id(stored)[each["_id"]]) for each in newest + page + reds)
    assert len(await things.find({"rank": {"$gte": 0}}, limit=9)) == 9


async def test_ids_alone_come_in_order_a_page_at_a_time(things: Collection) -> None:
    stored = documents(10, 120)
    Random(7).shuffle(stored)
    await things.insert_many(stored)
    reds = sorted(each["_id"] for each in stored if each["kind"] == "red")
    assert await things.ids({"kind": "red"}, limit=200) == reds
    assert await things.ids({"kind": "red", "_id": {"$gt": reds[3], "$lt": reds[9]}}, limit=4) == reds[4:8]
    unset = sorted(each["_id"] for each in stored if each.get("open") is None)
    assert await things.ids({"open": None}, limit=200) == unset
    assert await things.ids({"_id": {"$gt": "e"}}, limit=5) == []
    assert await things.present([reds[0], reds[5], "none"]) == {reds[0], reds[5]}
    assert await things.present([]) == set()


async def test_a_range_of_ids_is_deleted(things: Collection) -> None:
    stored = documents(11, 100)
    await things.insert_many(stored)
    gone = {"_id": {"$in": [f"d11:{n:04d}" for n in range(50)]}, "rank": {"$lt": 25}}
    low = {each["_id"] for each in stored[:50] if each["rank"] < 25}
    assert await things.delete(gone) == len(low)
    assert {each["_id"] for each in await things.find({})} == {each["_id"] for each in stored} - low


async def test_counting_by_a_field(things: Collection) -> None:
    stored = documents(8, 200)
    await things.insert_many(stored)
    assert await things.count_by({}, "kind") == Counter(each["kind"] for each in stored)
    low = Counter(each["kind"] for each in stored if each["rank"] < 5)
    assert await things.count_by({"rank": {"$lt": 5}}, "kind") == low
    assert await things.count_by({"kind": "none"}, "kind") == {}


async def test_sums_of_a_number_that_not_all_have(things: Collection) -> None:
    numbers = [{"_id": f"n{each}", "kind": "ab"[each % 2], "of": {"n": each / 4}} for each in range(40)]
    bare = [{"_id": f"x{each}", "kind": "bc"[each % 2]} for each in range(10)]
    await things.insert_many([*numbers, *bare])
    assert await things.sum_by({}, "kind", "of.n") == {"a": 95.0, "b": 100.0, "c": 0.0}
    assert await things.sum_by({"_id": {"$gte": "x"}}, "kind", "of.n") == {"b": 0.0, "c": 0.0}
    assert await things.sum_by({"kind": "none"}, "kind", "of.n") == {}


async def test_deleting_deletes_what_matches_and_no_more(things: Collection) -> None:
    stored = documents(9, 100)
    await things.insert_many(stored)
    reds = [each["_id"] for each in stored if each["kind"] == "red"]
    assert await things.delete({"kind": "red"}) == len(reds)
    assert await things.delete({"kind": "red"}) == 0
    assert {each["_id"] for each in await things.find({})} == {d["_id"] for d in stored} - set(reds)
    assert await things.insert_one(by_id(stored)[reds[0]])


async def test_what_one_connection_wrote_another_reads_at_once(store_url: str) -> None:
    writer, reader = Store(store_url), Store(store_url)
    for index in range(30):
        await writer["things"].insert_one({"_id": f"d{index}", "rev": 1})
        assert await reader["things"].find_one({"_id": f"d{index}"})
        await writer["things"].replace_one({"_id": f"d{index}", "rev": 1}, {"_id": f"d{index}", "rev": 2})
        assert await reader["things"].find({"_id": {"$in": [f"d{index}"]}, "rev": 2})
    await asyncio.gather(writer.close(), reader.close())


async def test_collections_and_databases_do_not_mix(store: Store, store_url: str) -> None:
    other = Store(store_url + "_other")
    await store["things"].insert_one({"_id": "a"})
    assert await store["others"].find({}) == []
    assert await other["things"].find({}) == []
    await other.close()


@pytest.mark.parametrize(
    "query",
    [
        {"$where": "1"},
        {"$or": [{"a": 1}]},
        {"a": {"$ne": 1}},
        {"a": {"$exists": True}},
        {"a": {"$regex": "x"}},
        {"a": {"$not": {"$gt": 1}}},
        {"a": {"$elemMatch": {"b": 1}}},
        {"a": [1]},
        {"a": {"$in": [[1]]}},
        {"a": {"$in": [{"b": 1}]}},
        {"a": {"b": 1}},
        {"a": {}},
        {"a": b"x"},
        {"a": {"$gt": {}}},
        {"": 1},
        {"a$b": 1},
        {"a b": 1},
        {"a\n": 1},
    ],
)
async def test_what_stores_answer_differently_cannot_be_asked(things: Collection, query: Document) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        checked(query)
    with pytest.raises(ValueError, match="not allowed"):
        await things.delete(query)
    with pytest.raises(ValueError, match="not allowed"):
        await things.replace_one({"_id": "a", **query}, {"_id": "a"})
