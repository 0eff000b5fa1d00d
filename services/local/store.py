"""A store of our own: nx-27017, MongoDB's wire protocol over SQLite, one file a database in the state folder."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from services.local.home import LOOPBACK, free_port, private_folder
from services.local.process import Child, Process, start

BOOT_S = 30
# It logs every command it answers; only its warnings are worth their cost.
PROGRAM = "import logging; logging.disable(logging.INFO); from nx_27017.nx_27017 import main; main()"


@dataclass(frozen=True)
class EmbeddedStore:
    """A running store: its URL, without a database, and its process by name."""

    url: str
    processes: dict[str, Process]


@asynccontextmanager
async def embedded_store(home: Path) -> AsyncIterator[EmbeddedStore]:
    """A store with its files in `home`; raises LocalError when it does not come up."""
    folder = private_folder(home / "store")
    port, pid_file = free_port(), folder / "nx.pid"
    # `start` has made sure that none of ours runs; what is left of a former run may name a pid now in other hands.
    pid_file.unlink(missing_ok=True)
    # One file a database: with `--db <file>` all databases of a server are one and the same.
    flags = ["--data-dir", str(folder), "--host", LOOPBACK, "--port", str(port)]
    files = ["--pid-file", str(pid_file), "--log-file", os.devnull]
    child = Child("store", "The embedded store", [sys.executable, "-c", PROGRAM, *flags, *files], dict(os.environ), home)
    process = await start(child)
    try:
        url = f"mongodb://{LOOPBACK}:{port}"
        hint = f"If its data is damaged, move {folder} away: all runs and workflows are kept in it."
        await process.ready(lambda: answers(url), within_s=BOOT_S, hint=hint)
        yield EmbeddedStore(url, {"store": process})
    finally:
        await process.stop()


async def answers(url: str) -> bool:
    """Whether a store answers a ping there within a second."""
    async with AsyncMongoClient(url, serverSelectionTimeoutMS=1000, connectTimeoutMS=1000) as client:
        try:
            await client.admin.command("ping")
        except PyMongoError:
            return False
    return True
