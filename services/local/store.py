"""A store of our own: nx-27017, MongoDB's wire protocol over SQLite, with one file a database."""

import asyncio
import os
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import bson

from services.local.home import LOOPBACK, free_port, private_folder
from services.local.process import Child, Process, start

BOOT_S = 30
# It logs every command it answers; only its warnings are worth their cost.
# What it has loaded stays: the collector need not look through it again and again.
# A pid file that a killed one left behind would keep it from starting; `start` has made sure that it is gone.
PROGRAM = """
import gc, logging, pathlib, sys
logging.disable(logging.INFO)
pathlib.Path(sys.argv[sys.argv.index("--pid-file") + 1]).unlink(missing_ok=True)
from nx_27017.nx_27017 import main
gc.freeze()
gc.set_threshold(20_000, 20, 20)
main()
"""
OP_MSG = 2013
HEADER = struct.Struct("<iiii")


@dataclass(frozen=True)
class EmbeddedStore:
    """A running store: its URL, without a database, and its process by name."""

    url: str
    processes: dict[str, Process]


@asynccontextmanager
async def embedded_store(home: Path) -> AsyncIterator[EmbeddedStore]:
    """A store with its files in `home`; raises LocalError when it does not come up."""
    folder = private_folder(home / "store")
    port = free_port()
    # One file a database: with `--db <file>` all databases of a server are one and the same.
    flags = ["--data-dir", str(folder), "--host", LOOPBACK, "--port", str(port)]
    files = ["--pid-file", str(folder / "nx.pid"), "--log-file", os.devnull, "--threaded"]
    command = [sys.executable, "-c", PROGRAM, *flags, *files]
    process = await start(Child("store", "The embedded store", command, dict(os.environ), home))
    try:
        hint = f"If its data is damaged, move {folder} away: all runs and workflows are kept in it."
        await process.ready(lambda: _probe(port), within_s=BOOT_S, hint=hint)
        yield EmbeddedStore(f"mongodb://{LOOPBACK}:{port}", {"store": process})
    finally:
        await process.stop()


async def _probe(port: int) -> str:
    """Content when a ping is answered. (The driver would do, at 15 MB of memory in a process that stays.)"""
    body = struct.pack("<iB", 0, 0) + bson.encode({"ping": 1, "$db": "admin"})
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return f"nothing listens on {LOOPBACK}:{port} yet"
    try:
        writer.write(HEADER.pack(HEADER.size + len(body), 1, 0, OP_MSG) + body)
        length, *_ = HEADER.unpack(await reader.readexactly(HEADER.size))
        answer = bson.decode((await reader.readexactly(length - HEADER.size))[5:])
        return "" if answer.get("ok") == 1 else f"it answers {answer}"
    except (OSError, asyncio.IncompleteReadError) as error:
        return str(error)
    finally:
        writer.close()
