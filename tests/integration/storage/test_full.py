"""The store's disk is full: nothing can be written, all can be read, and nothing is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError

from services.local.store import EmbeddedStore, embedded_store
from shared.patience import is_away, patiently
from shared.storage.mongo import Store
from shared.storage.trouble import is_full
from tests.alarms import full

PAD = "x" * 4_000


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    async with embedded_store(tmp_path) as embedded:
        yield embedded


@pytest.fixture
async def store(embedded: EmbeddedStore) -> AsyncIterator[Store]:
    store = Store(f"{embedded.url}/weft")
    await store.prepare()
    yield store
    await store.close()


async def test_every_kind_of_write_says_so_and_reads_go_on(embedded: EmbeddedStore, store: Store) -> None:
    runs = store["runs"]
    for name in ("a", "b"):
        assert await runs.insert_one({"_id": name, "rev": 0, "pad": PAD})
    changed = [({"_id": name, "rev": 0}, {"_id": name, "rev": 1, "pad": PAD * 2}) for name in ("a", "b")]
    with full(embedded):
        for write in (
            lambda: runs.insert_one({"_id": "c", "pad": PAD}),
            lambda: runs.insert_many([{"_id": "c", "pad": PAD}, {"_id": "d", "pad": PAD}]),
            lambda: runs.replace_one(*changed[0]),
            lambda: runs.replace_many(changed),
        ):
            with pytest.raises(PyMongoError) as raised:
                await write()
            assert is_full(raised.value)
            assert is_away(raised.value), "it is waited for, as a store that cannot be reached"
        assert {each["rev"] for each in await runs.find({"rev": 0})} == {0}
    assert await runs.replace_many(changed) == 2
    assert await runs.insert_one({"_id": "c", "pad": PAD})


async def test_who_waits_goes_on_when_there_is_space(embedded: EmbeddedStore, store: Store) -> None:
    with full(embedded):
        writing = asyncio.create_task(patiently(lambda: store["runs"].insert_one({"_id": "a"}), "test"))
        await asyncio.wait([writing], timeout=0.5)
        assert not writing.done()
    async with asyncio.timeout(30):
        assert await writing


async def test_what_was_acknowledged_outlives_a_full_disk_and_a_kill(
    embedded: EmbeddedStore, store: Store, tmp_path: Path
) -> None:
    kept: list[str] = []
    for turn in range(3):
        for number in range(20):
            await store["runs"].insert_one({"_id": f"{turn}-{number}", "pad": PAD})
            kept.append(f"{turn}-{number}")
        with full(embedded):
            for number in range(20):
                with pytest.raises(PyMongoError):
                    await store["runs"].insert_one({"_id": f"refused-{turn}-{number}", "pad": PAD})
    process = embedded.processes["store"]
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with embedded_store(tmp_path) as again:
        found = Store(f"{again.url}/weft")
        assert await found["runs"].present(kept) == set(kept)
        assert len(await found["runs"].ids({}, limit=1_000)) == len(kept), "and nothing that was refused"
        await found.close()
