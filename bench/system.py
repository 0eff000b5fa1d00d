"""The system under measurement: one of its own in a temporary folder, or one that is running already."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measure import Processes
from services.local.home import free_port, tail
from services.local.state import LocalSystem, read_local

START_S = 90
STOP_S = 30
LOOK_S = 0.1
BENCH = ("client", "target")
"""The groups that belong to the bench and not to what it measures."""


class NotRunning(Exception):
    """There is no system to measure; the message says what was found instead."""


@dataclass(frozen=True)
class System:
    """Where to send runs, and the processes that carry them."""

    url: str
    api_key: str
    workspace_id: str
    processes: Processes
    target: str
    """Address of the local server that HTTP nodes call."""
    amqp_url: str = ""
    mongo_url: str = ""


@asynccontextmanager
async def own_system() -> AsyncIterator[System]:
    """Start everything with `python -m services up` in a fresh folder, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as home:
        environment = {
            **os.environ, "WEFT_HOME": home, "WEFT_PORT": str(free_port()), "WEFT_HTTP_ALLOW": "127.0.0.1",
        }  # fmt: skip
        log = os.open(Path(home) / "up.log", os.O_CREAT | os.O_WRONLY)
        try:
            async with _child("-m", "services", "up", env=environment, stdout=log) as up:
                local = await _local(Path(home), up)
                async with _measured(local) as system:
                    yield system
        finally:
            os.close(log)


@asynccontextmanager
async def running_system(home: Path, url: str | None, api_key: str | None) -> AsyncIterator[System]:
    """A system that is up: the one at `url`, else the one that `home` tells of."""
    local = read_local(home)
    if local and url in (None, local.url):
        measured = _measured(replace(local, api_key=api_key or local.api_key))
    elif url and api_key:
        measured = _measured(LocalSystem(url, api_key))
    else:
        raise NotRunning(f"no system is up in {home}: start one with `make up`, or pass --url and --api-key")
    async with measured as system:
        yield system


@asynccontextmanager
async def _measured(about: LocalSystem) -> AsyncIterator[System]:
    async with _child("-m", "bench.target", stdout=PIPE) as target:
        assert target.stdout is not None
        port = int(await target.stdout.readline())
        processes = Processes({**about.pids, "target": target.pid, "client": os.getpid()})
        url = f"http://127.0.0.1:{port}"
        yield System(
            about.url, about.api_key, about.workspace_id, processes, url, about.amqp_url, about.mongo_url
        )


@asynccontextmanager
async def _child(
    *arguments: str, stdout: int, env: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=env, stdout=stdout, stderr=None if stdout == PIPE else STDOUT
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_S)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _local(home: Path, up: asyncio.subprocess.Process) -> LocalSystem:
    """What `up` writes once everything answers; raises NotRunning with its last words when it ends before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            while up.returncode is None:
                if local := read_local(home):
                    return local
                await asyncio.sleep(LOOK_S)
    raise NotRunning(f"`python -m services up` did not come up:\n{tail(home / 'up.log')}")
