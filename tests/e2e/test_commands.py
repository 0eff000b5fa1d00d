"""The commands as a person types them, each on a state folder of its own."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.local.home import free_port
from services.local.process import is_running
from tests.waiting import until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(240)


@dataclass
class Command:
    """A command that runs, with what it has printed so far in `output`."""

    process: asyncio.subprocess.Process
    output: Path
    home: Path

    def local(self) -> dict[str, Any]:
        return json.loads((self.home / "local.json").read_text())

    async def is_up(self) -> dict[str, Any]:
        await until(lambda: (self.home / "local.json").exists() or self.process.returncode is not None, 120)
        assert self.process.returncode is None, self.output.read_text()
        return self.local()

    async def ends(self) -> tuple[int, str]:
        async with asyncio.timeout(120):
            code = await self.process.wait()
        return code, self.output.read_text()


@asynccontextmanager
async def running(home: Path, *arguments: str, **more: str) -> AsyncIterator[Command]:
    """`python -m services <arguments>`, killed at the end if need be."""
    output = home.parent / f"{arguments[0]}-{len(list(home.parent.iterdir()))}.txt"
    env = {**os.environ, "WEFT_HOME": str(home), "WEFT_PORT": str(free_port()), **more}
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", *arguments, env=env, cwd=ROOT, stdout=file, stderr=file
        )
    try:
        yield Command(process, output, home)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def none_runs(pids: dict[str, int]) -> Callable[[], bool]:
    return lambda: not any(is_running(pid) for pid in pids.values())


async def test_up_run_doctor_and_down_again(tmp_path: Path) -> None:
    home = tmp_path / "weft"
    async with running(home, "up") as up:
        local = await up.is_up()
        assert stat.S_IMODE((home / "local.json").stat().st_mode) == 0o600
        assert set(local["pids"]) >= {"up", "gateway", "planner", "runner", "connectors", "assistant"}
        async with running(home, "run", "examples/lead-scoring.yaml") as run:
            code, printed = await run.ends()
            assert code == 0, printed
            assert "236 of 1000 applicants are worth a call." in printed
            assert printed.index("node.succeeded  fetch") < printed.index("run.succeeded")
        async with running(home, "doctor") as doctor:
            code, printed = await doctor.ends()
            assert code == 0, printed
            assert "gateway ready" in printed
        async with running(home, "up") as second:
            code, printed = await second.ends()
            assert code == 1
            assert f"Weft is up already as process {up.process.pid} at {local['url']}" in printed
        up.process.send_signal(signal.SIGINT)
        code, printed = await up.ends()
        assert code == 0, printed
        assert local["url"] in printed
        assert local["api_key"] in printed
    assert none_runs(local["pids"])()
    assert not (home / "local.json").exists()


async def test_a_killed_up_takes_its_children_along_and_the_next_starts_all_the_same(tmp_path: Path) -> None:
    home = tmp_path / "weft"
    async with running(home, "up") as up:
        pids = (await up.is_up())["pids"]
        up.process.kill()
        await up.process.wait()
        await until(none_runs(pids))
    async with running(home, "doctor") as doctor:
        code, printed = await doctor.ends()
        assert code == 1
        assert "left by a system that was killed" in printed
    (home / "local.json").unlink()
    async with running(home, "up") as up:
        local = await up.is_up()
        os.kill(local["pids"]["runner"], signal.SIGKILL)
        await until(lambda: up.local()["pids"]["runner"] != local["pids"]["runner"])
        assert "The runner ended (killed by SIGKILL); starting it again" in up.output.read_text()
        up.process.terminate()
        assert (await up.ends())[0] == 0


async def test_demo_shows_a_published_workflow_at_work(tmp_path: Path) -> None:
    async with running(tmp_path / "weft", "demo") as demo:
        code, printed = await demo.ends()
    assert code == 0, printed
    assert "published Lead scoring as version 1" in printed
    assert "236 of 1000 applicants are worth a call." in printed


async def test_a_run_that_fails_is_told_and_exits_1(tmp_path: Path, system: dict[str, Any]) -> None:
    file = tmp_path / "fails.yaml"
    file.write_text("name: Doomed\ngraph: {nodes: [{id: a, type: fail, config: {message: no luck}}]}\n")
    address = ["--url", system["url"], "--api-key", system["api_key"]]
    async with running(tmp_path / "weft", "run", str(file), *address) as run:
        code, printed = await run.ends()
    assert code == 1
    assert "Doomed failed at node a" in printed
    assert "no luck" in printed


async def test_a_graph_with_faults_is_told_with_their_places(tmp_path: Path, system: dict[str, Any]) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: Wrong\ngraph: {nodes: [{id: a, type: no.such.type}]}\n")
    address = ["--url", system["url"], "--api-key", system["api_key"]]
    async with running(tmp_path / "weft", "run", str(file), *address) as run:
        code, printed = await run.ends()
    assert code == 1
    assert "answered 422 invalid_graph" in printed
    assert "no.such.type" in printed


async def test_without_a_system_run_says_how_to_start_one(tmp_path: Path) -> None:
    async with running(tmp_path / "weft", "run", "examples/retry.yaml") as run:
        code, printed = await run.ends()
    assert code == 1
    assert printed.startswith(f"weft: no system is up in {tmp_path}/weft: start one with `make up`")


@pytest.mark.parametrize("port", ["0", "70000", "http"])
async def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    async with running(tmp_path / "weft", "up", WEFT_PORT=port) as up:
        assert await up.ends() == (1, f"weft: WEFT_PORT is '{port}', which is not a port (1-65535)\n")


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with running(tmp_path / "weft", "up", WEFT_PORT=str(port)) as up:
            code, printed = await up.ends()
    assert code == 1
    assert f"port {port} on 127.0.0.1 is taken by another program" in printed


async def test_a_service_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    async with running(tmp_path / "weft", "up", WEFT_MAX_NODES="nonsense") as up:
        code, printed = await up.ends()
    assert code == 1
    assert "The gateway stopped while starting (exit code 1)" in printed
    assert "WEFT_MAX_NODES" in printed
