"""`slots`: whoever has read a key last may change it, and nobody else."""

import asyncio

import pytest

from shared.contracts.slots import KeySlots, Waiting
from shared.storage.mongo import Store
from shared.storage.slots import SlotStore

WAITING = [Waiting(run_id="run_2", limit=1), Waiting(run_id="run_3", limit=2, lane="high", place="front")]


@pytest.fixture
def slots(store: Store) -> SlotStore:
    return SlotStore(store)


async def stored(slots: SlotStore, key: str = "k") -> KeySlots:
    return (await slots.load([key]))[key]


def held(of: KeySlots, *holders: str) -> KeySlots:
    return of.model_copy(update={"holders": list(holders)})


async def test_a_key_comes_back_as_it_was_saved(slots: SlotStore) -> None:
    key = KeySlots(id="k", holders=["run_1"], waiting=WAITING)
    assert await slots.save([key]) == {"k"}
    found = await stored(slots)
    assert found.rev
    assert found.model_copy(update={"rev": ""}) == key
    assert await slots.load(["nobody"]) == {}


async def test_a_key_is_made_once(slots: SlotStore) -> None:
    assert await slots.save([held(KeySlots(id="k"), "first"), held(KeySlots(id="other"), "first")])
    assert await slots.save([held(KeySlots(id="k"), "second"), held(KeySlots(id="new"), "second")]) == {"new"}
    assert (await stored(slots)).holders == ["first"]


async def test_what_was_changed_since_it_was_read_is_not_saved_over(slots: SlotStore) -> None:
    await slots.save([KeySlots(id=each) for each in "abc"])
    read = await slots.load(["a", "b", "c"])
    await slots.save([held(read["b"], "first")])
    assert await slots.save([held(each, "second") for each in read.values()]) == {"a", "c"}
    assert (await stored(slots, "b")).holders == ["first"]
    assert await slots.save([]) == set()


async def test_a_key_that_was_forgotten_and_made_again_is_another(slots: SlotStore) -> None:
    await slots.save([KeySlots(id="k")])
    read = await stored(slots)
    assert await slots.remove(read)
    await slots.save([held(KeySlots(id="k"), "first")])
    assert await slots.save([held(read, "second")]) == set()
    assert not await slots.remove(read), "somebody has come"
    assert (await stored(slots)).holders == ["first"]


async def test_of_eight_planners_one_saves_each_revision(store_url: str, slots: SlotStore) -> None:
    stores = [Store(store_url) for _ in range(8)]
    await slots.save([KeySlots(id="k")])
    for _ in range(10):
        read = await stored(slots)
        saves = [SlotStore(each).save([held(read, f"p{n}")]) for n, each in enumerate(stores)]
        winners = [f"p{n}" for n, ids in enumerate(await asyncio.gather(*saves)) if ids]
        assert (await stored(slots)).holders == winners
        assert len(winners) == 1
    await asyncio.gather(*(each.close() for each in stores))


async def test_keys_are_gone_through_in_pages(slots: SlotStore) -> None:
    await slots.save([KeySlots(id=f"k{number:02}") for number in range(5)])
    first = await slots.page("", 3)
    assert [each.id for each in [*first, *await slots.page(first[-1].id, 3)]] == [f"k0{n}" for n in range(5)]
    assert await slots.page("k04", 3) == []
