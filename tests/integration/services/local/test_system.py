"""Keeping children alive: a child that ends is started again, one that keeps ending stops the system."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from services.local import system as module
from services.local.home import LocalError
from services.local.process import Child, Process, start
from services.local.state import LocalSystem
from services.local.system import System
from tests.waiting import until

SLEEPER = "import time; time.sleep(600)"


async def started(home: Path, program: str) -> Process:
    return await start(Child("it", "It", [sys.executable, "-c", program], dict(os.environ), home))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was told, with short waits before a restart."""
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)
    return []


async def test_a_killed_child_is_started_again_and_its_new_pid_is_published(
    tmp_path: Path, said: list[str]
) -> None:
    process = await started(tmp_path, SLEEPER)
    first = process.pid
    system = System(tmp_path, LocalSystem("http://127.0.0.1:1", "key"), {"it": process}, said.append)
    watching = asyncio.create_task(system.watch())
    os.kill(first, signal.SIGKILL)
    await until((tmp_path / "local.json").exists)
    watching.cancel()
    pids = json.loads((tmp_path / "local.json").read_text())["pids"]
    assert pids == {"up": os.getpid(), "it": process.pid}
    assert process.pid != first
    assert "It ended (killed by SIGKILL); starting it again" in said[0]
    await process.stop()


async def test_a_child_that_keeps_ending_is_an_error_with_its_last_words(
    tmp_path: Path, said: list[str]
) -> None:
    process = await started(tmp_path, "import sys; sys.exit('no such luck')")
    system = System(tmp_path, LocalSystem("http://127.0.0.1:1", "key"), {"it": process}, said.append)
    with pytest.raises(LocalError, match=r"(?s)It has ended 5 times within 60 s .*exit code 1.*no such luck"):
        await system.watch()
    assert len(said) == 4
