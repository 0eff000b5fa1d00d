"""`doctor`: what is wrong on this machine, one line each, and what to do about it."""

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from services.local.broker import MISSING, find_server
from services.local.home import LOOPBACK, LocalError, is_free, weft_home
from services.local.process import alive, is_running
from services.local.state import LocalSystem, is_up, read_local
from services.local.system import readiness
from services.local.up import port, say
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.open_runs import PARTS, OpenRuns, StuckRun, unmoved

OLDEST_PYTHON = (3, 11)
PACKAGES = (
    "aiohttp", "fastapi", "faststream", "jsonschema", "nx_27017", "orjson", "pydantic_monty", "pymongo",
    "selectolax", "structlog", "uvicorn", "uvloop", "yaml",
)  # fmt: skip
LEAST_DISK_MB = 500
REACH_S = 3
LOOK_AGAIN_S = 3
MOST_RUNS = 20

Finding = tuple[str, str]
"""What was looked at, and what is wrong with it and what to do; the latter is empty when it is well."""


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when all is well."""
    findings = [*_installed(), *_folder(weft_home()), *[each async for each in _running(weft_home())]]
    for what, problem in findings:
        say(f"{'problem' if problem else 'ok':<8} {what}{': ' + problem if problem else ''}")
    return 1 if any(problem for _, problem in findings) else 0


def _installed() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < OLDEST_PYTHON
    yield f"Python {version}", "Weft needs 3.11 or later" if old else ""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    yield "packages", f"{', '.join(missing)} missing; run `make setup`" if missing else ""
    if os.environ.get("WEFT_AMQP_URL"):
        yield "RabbitMQ: yours, by WEFT_AMQP_URL", ""
    else:
        server = find_server()
        yield f"RabbitMQ{' at ' + server if server else ''}", "" if server else MISSING


def _folder(home: Path) -> Iterator[Finding]:
    existing = next(path for path in (home, *home.parents) if path.exists())
    writable = os.access(existing, os.W_OK)
    yield f"state folder {home}", "" if writable else "not writable; set WEFT_HOME to one that is"
    free_mb = shutil.disk_usage(existing).free // 1_000_000
    few = f"only {free_mb} MB free; RabbitMQ stops taking messages when the disk is full"
    yield "disk space", few if free_mb < LEAST_DISK_MB else ""


async def _running(home: Path) -> AsyncIterator[Finding]:
    up = is_up(home)
    try:
        system = read_local(home)
    except LocalError as error:
        yield "local.json", str(error)
        return
    if not up or system is None:
        for finding in _down(home, system, starting=up):
            yield finding
    for url in _urls(system if up else None):
        yield await _reached(url)
    if up and system:
        for name, pid in system.pids.items():
            gone = f"not running; see {home}/log/{name}.log"
            yield f"{name} (process {pid})", "" if is_running(pid) else gone
        for name, url in system.ready_urls.items():
            yield f"{name} ready", await asyncio.to_thread(readiness, url)
        yield "dead letters", await asyncio.to_thread(_dead_letters, system)
        for finding in await _stuck_runs(system.mongo_url):
            yield finding


def _dead_letters(system: LocalSystem) -> str:
    """Whether messages wait for an operator; with the standard library, since packages may be missing."""
    asked = Request(
        f"{system.url}/api/v1/dead-letters?limit=1", headers={"Authorization": f"Bearer {system.api_key}"}
    )
    try:
        with urlopen(asked, timeout=REACH_S) as answer:
            total = json.load(answer)["total"]
    except (OSError, ValueError, KeyError) as error:
        return f"cannot be counted: {error}"
    told = "1 message" if total == 1 else f"{total} messages"
    return f"{told} could not be handled; see `python -m services dead list`" if total else ""


async def _stuck_runs(mongo_url: str) -> list[Finding]:
    """The runs that would not go on by themselves, and what to do about each."""
    store = Store(mongo_url)
    try:
        stuck = await _looked_at(OpenRuns(store))
    except PyMongoError as error:
        return [("stuck runs", f"cannot be looked for: {str(error)[:120]}")]
    finally:
        await store.close()
    told = [
        (f"run {run.id}{f', node {each.node}' if each.node else ''}", f"{each.said}; {each.cure}")
        for run in stuck[:MOST_RUNS]
        for each in run.reasons
    ]
    more = len(stuck) - MOST_RUNS
    return [*told, *([("stuck runs", f"{more} more")] if more > 0 else [])] or [("stuck runs", "")]


async def _looked_at(runs: OpenRuns) -> list[StuckRun]:
    """Looked at twice, if need be: what goes on meanwhile is not stuck."""
    before = [each for part in PARTS for each in await runs.stuck(part, now_ms())]
    if not before:
        return []
    await asyncio.sleep(LOOK_AGAIN_S)
    return unmoved(before, [each for part in PARTS for each in await runs.stuck(part, now_ms())])


def _down(home: Path, system: LocalSystem | None, *, starting: bool) -> Iterator[Finding]:
    if starting:
        yield "system", f"still starting; its logs are in {home}/log"
        return
    yield "system is not up (start it with `make up`)", ""
    if system:
        yield "local.json", f"left by a system that was killed; the next `make up` replaces {home}/local.json"
    for file in sorted((home / "pids").glob("*")):
        if pid := alive(file):
            yield file.name, f"runs as process {pid} though its system is gone; stop it with `kill {pid}`"
    number = port()
    taken = "" if is_free(number) else "taken by another program (`ss -ltnp` names it); set WEFT_PORT"
    yield f"port {number}", taken


def _urls(system: LocalSystem | None) -> Iterator[str]:
    """Broker and store: of the system that is up, else those that the environment names."""
    for name, of_system in (("WEFT_AMQP_URL", "amqp_url"), ("WEFT_MONGO_URL", "mongo_url")):
        if url := getattr(system, of_system, "") or os.environ.get(name):
            yield url


async def _reached(url: str) -> Finding:
    parts = urlsplit(url)
    kind = "store" if parts.scheme.startswith("mongodb") else "broker"
    what = f"{kind} at {parts.netloc.rpartition('@')[2]}"
    try:
        async with asyncio.timeout(REACH_S + 1):
            if kind == "store":
                async with AsyncMongoClient(url, serverSelectionTimeoutMS=REACH_S * 1000) as client:
                    await client.admin.command("ping")
            else:
                _, writer = await asyncio.open_connection(parts.hostname or LOOPBACK, parts.port or 5672)
                writer.close()
    except (OSError, ValueError, PyMongoError, TimeoutError) as error:
        reason = (str(error) or type(error).__name__)[:120]
        return what, f"not reachable ({reason}); is it running, is the URL right?"
    return what, ""
