"""Child processes: ready or a clear error, never a hang; gone when they should be."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from services.local.home import LocalError
from services.local.process import Child, Process, alive, start
from tests.waiting import until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = """
import asyncio, sys, time
from pathlib import Path
from services.local.process import Child, start
async def main():
    process = await start(Child("it", "It", [sys.executable, "-c", {program!r}], {{}}, Path({home!r})))
    print(process.pid, flush=True)
    await process.wait()
asyncio.run(main())
"""


def child(home: Path, program: str) -> Child:
    return Child("it", "It", [sys.executable, "-c", program], dict(os.environ), home)


async def printed_up(process: Process) -> str:
    return "" if "up" in process.child.log.read_text() else "it has not said that it is up"


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its exit code yet."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


async def test_a_child_is_ready_when_its_probe_is_content(tmp_path: Path) -> None:
    process = await start(child(tmp_path, SLEEPER))
    await process.ready(lambda: printed_up(process), within_s=30)
    assert alive(process.child.pid_file) == process.pid
    await process.stop()
    assert process.exit_code == -signal.SIGTERM
    assert not process.child.pid_file.exists()


async def test_a_child_that_ends_early_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = await start(child(tmp_path, "import sys; sys.exit('the disk is on fire')"))
    with pytest.raises(LocalError, match=r"(?s)It stopped while starting \(exit code 1\).*disk is on fire"):
        await process.ready(lambda: printed_up(process), within_s=30)
    await process.stop()


async def test_a_child_that_never_gets_ready_is_an_error_that_says_what_is_missing(tmp_path: Path) -> None:
    process = await start(child(tmp_path, "import time; time.sleep(600)"))
    with pytest.raises(LocalError, match="was not ready within 0 s: it has not said that it is up"):
        await process.ready(lambda: printed_up(process), within_s=0.3)
    await process.stop()


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    process = await start(child(tmp_path, STUBBORN))
    await process.ready(lambda: printed_up(process), within_s=30)
    await process.stop(grace_s=0.1)
    assert process.exit_code == -signal.SIGKILL


async def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"cannot start It \(/no/such/program\): No such file"):
        await start(Child("it", "It", ["/no/such/program"], {}, tmp_path))


async def test_one_of_a_former_run_that_still_runs_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.local.process.FORMER_GOES_WITHIN_S", 0.1)
    former = await start(child(tmp_path, SLEEPER))
    with pytest.raises(LocalError, match=f"still runs as process {former.pid} .*kill {former.pid}"):
        await start(child(tmp_path, SLEEPER))
    await former.stop()


@pytest.mark.parametrize("left", ["999999999 1", f"{os.getpid()} 1", "nonsense", ""])
async def test_a_stale_pid_file_does_not_keep_a_child_from_starting(tmp_path: Path, left: str) -> None:
    it = child(tmp_path, SLEEPER)
    it.pid_file.parent.mkdir()
    it.pid_file.write_text(left)
    process = await start(it)
    assert alive(it.pid_file) == process.pid
    await process.stop()


async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = PARENT.format(program=STUBBORN, home=str(tmp_path))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await until(lambda: gone(pid))


async def test_a_child_can_be_started_again(tmp_path: Path) -> None:
    process = await start(child(tmp_path, SLEEPER))
    first = process.pid
    os.kill(first, signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    await process.restart()
    assert process.pid != first
    assert alive(process.child.pid_file) == process.pid
    await process.stop()
