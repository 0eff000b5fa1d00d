"""`cache`: answers are given again until they expire."""

import pytest

from shared.contracts.value import Value, inline
from shared.storage.cache import Cache, Kept
from shared.storage.mongo import Store


@pytest.fixture
def cache(store: Store) -> Cache:
    return Cache(store)


async def test_an_answer_is_found_until_it_expires(cache: Cache) -> None:
    kept = Kept("out", inline('{"a":1.0}'), 100)
    await cache.keep("k", "w", kept)
    assert await cache.find("k", "w", 99) == kept
    assert await cache.find("k", "w", 100) is None
    assert await cache.find("other", "w", 99) is None


async def test_a_new_answer_takes_the_place_of_the_old_one(cache: Cache) -> None:
    await cache.keep("k", "w", Kept("out", inline("1"), 100))
    new = Kept("true", Value(ref="feed", size=40_000), 200)
    await cache.keep("k", "w", new)
    assert await cache.find("k", "w", 150) == new


async def test_no_workspace_sees_the_answers_of_another(cache: Cache) -> None:
    await cache.keep("k", "w", Kept("out", inline("1"), 100))
    assert await cache.find("k", "x", 1) is None
