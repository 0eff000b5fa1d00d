"""Idempotency keys on the store at hand."""

import asyncio

from shared.storage.idempotency import Idempotency, Reservation
from shared.storage.mongo import Store


async def test_the_first_request_with_a_key_decides(store: Store) -> None:
    keys = Idempotency(store)
    assert await keys.find("default", "k") is None
    wanted = [Reservation(f"run_{number}", "f") for number in range(10)]
    found = await asyncio.gather(*(keys.reserve("default", "k", each, created_at=1) for each in wanted))
    assert len({each.run_id for each in found}) == 1
    assert await keys.find("default", "k") == found[0]


async def test_keys_belong_to_their_workspace(store: Store) -> None:
    keys = Idempotency(store)
    await keys.reserve("a", "k.$x", Reservation("run_1", "f"), created_at=1)
    assert await keys.find("b", "k.$x") is None
    assert await keys.find("a", "k.$x") == Reservation("run_1", "f")
