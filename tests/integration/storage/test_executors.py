"""`executors`: leases that beat."""

from shared.storage.executors import Executors
from shared.storage.mongo import Store


async def test_a_lease_beats_until_it_is_given_back(store: Store) -> None:
    executors = Executors(store)
    assert await executors.all() == {}
    for beat in range(3):
        await executors.beat("me", 1_700_000_000_000, beat)
    await executors.beat("you", 1_700_000_000_000, 0)
    assert await executors.all() == {"me": 2, "you": 0}
    await executors.leave("me")
    await executors.leave("me")
    assert await executors.all() == {"you": 0}


async def test_who_was_buried_by_mistake_comes_back_with_the_next_beat(store: Store) -> None:
    executors = Executors(store)
    await executors.beat("me", 1, 7)
    await executors.leave("me")
    await executors.beat("me", 1, 8)
    assert await executors.all() == {"me": 8}
