"""`dead_letters`: kept once, replayed by one at a time."""

import pytest

from shared.storage.dead_letters import CLAIM_MS, DeadLetter, DeadLetters
from shared.storage.mongo import Store
from tests.builders import NOW

LETTER = DeadLetter(
    id="dead_1", type="run.woken", queue="planner.v1.00", exchange="weft", routing_key="run.woken.00",
    reason="rejected", headers="{}", content_type="", message_id="", size=2, cut=False, died_at=NOW,
    received_at=NOW,
)  # fmt: skip


@pytest.fixture
async def letters(store: Store) -> DeadLetters:
    letters = DeadLetters(store)
    await letters.keep(LETTER, b"\xff\x00")
    return letters


async def test_a_letter_that_is_received_twice_is_kept_once(letters: DeadLetters) -> None:
    await letters.keep(LETTER.model_copy(update={"received_at": NOW + 1}), b"\xff\x00")
    assert await letters.page(before=None, limit=9) == [LETTER]
    assert (await letters.count(), await letters.count("planner.v1.00"), await letters.count("x")) == (
        1,
        1,
        0,
    )
    assert await letters.body("dead_1") == b"\xff\x00"


async def test_one_at_a_time_replays_a_letter(letters: DeadLetters) -> None:
    taken = await letters.claim(LETTER, NOW)
    assert taken
    assert await letters.claim(LETTER, NOW) is None, "who has read it before"
    assert await letters.claim(taken, NOW + CLAIM_MS - 1) is None, "who has read it since"
    await letters.give_back(taken)
    assert await letters.find("dead_1") == LETTER


async def test_a_letter_whose_replayer_has_died_is_free_again(letters: DeadLetters) -> None:
    dead = await letters.claim(LETTER, NOW)
    assert dead
    taken = await letters.claim(dead, NOW + CLAIM_MS)
    assert taken
    await letters.give_back(dead)
    assert await letters.find("dead_1") == taken, "the dead one can give nothing back"


async def test_a_letter_that_is_dropped_is_gone_with_its_body(store: Store, letters: DeadLetters) -> None:
    assert await letters.drop("dead_1")
    assert not await letters.drop("dead_1")
    assert await letters.claim(LETTER, NOW) is None
    assert await store["dead_bodies"].find({}) == []
