"""The embedded store: databases apart, data that outlives a kill."""

import os
import signal
from pathlib import Path

from services.local.store import embedded_store
from shared.storage.mongo import Store


async def test_databases_are_apart(mongo_url: str) -> None:
    one, other = Store(f"{mongo_url}/apart_one"), Store(f"{mongo_url}/apart_other")
    assert await one["things"].insert_one({"_id": "a", "of": "one"})
    assert await other["things"].find_one({"_id": "a"}) is None
    await one.close()
    await other.close()


async def test_what_was_written_outlives_a_kill(tmp_path: Path) -> None:
    async with embedded_store(tmp_path) as embedded:
        store = Store(f"{embedded.url}/weft")
        await store["things"].insert_one({"_id": "a", "n": 1})
        await store.close()
        process = embedded.processes["store"]
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    # A pid file that was left behind, and whose pid is now another's.
    (tmp_path / "store" / "nx.pid").write_text(str(os.getpid()))
    async with embedded_store(tmp_path) as embedded:
        store = Store(f"{embedded.url}/weft")
        assert await store["things"].find_one({"_id": "a"}) == {"_id": "a", "n": 1}
        await store.close()
