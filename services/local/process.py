"""One child process: started so that it cannot outlive us, watched until it is ready, stopped for certain."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.local.home import LocalError, private_folder, tail

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
LOOK_EVERY_S = 0.1
FORMER_GOES_WITHIN_S = 10
LOG_BYTES = 5_000_000

Probe = Callable[[], Awaitable[str]]
"""Asks a child whether it is ready: an empty answer says yes, any other says what is missing."""


@dataclass(frozen=True)
class Child:
    """What to start: `title` is for people, `name` for its log and pid file in `home`; `if_orphaned` is the
    signal it gets when we are killed."""

    name: str
    title: str
    command: Sequence[str]
    env: Mapping[str, str]
    home: Path
    if_orphaned: signal.Signals = signal.SIGKILL

    @property
    def log(self) -> Path:
        """Everything the child prints."""
        return self.home / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Its pid and start time, so that a later start can tell whether it still runs."""
        return self.home / "pids" / self.name


class Process:
    """A child that has been started."""

    def __init__(self, child: Child, raw: asyncio.subprocess.Process) -> None:
        self.child = child
        self._raw = raw

    @property
    def pid(self) -> int:
        """Its process id, also after it has ended."""
        return self._raw.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._raw.returncode

    async def wait(self) -> int:
        """Its exit code, as soon as it has ended."""
        return await self._raw.wait()

    async def restart(self) -> None:
        """Start it once more after it has ended; raises LocalError as `start` does."""
        self._raw = await _spawn(self.child)

    async def ready(self, probe: Probe, *, within_s: float, hint: str = "") -> None:
        """Return once `probe` is content; raises LocalError when the child ends or time is up before."""
        missing = "it does not answer"
        try:
            async with asyncio.timeout(within_s):
                while missing := await probe():
                    if self.exit_code is not None:
                        how = ended(self.exit_code)
                        raise LocalError(self.trouble(f"stopped while starting ({how})", hint))
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            what = f"was not ready within {within_s:.0f} s: {missing}"
            raise LocalError(self.trouble(what, hint)) from None

    def trouble(self, what: str, hint: str = "") -> str:
        """A message for people: what happened, what to do, where to look, the log's tail."""
        quoted = "\n".join(f"    {line}" for line in tail(self.child.log).splitlines())
        return f"{self.child.title} {what}. {hint}".rstrip() + f"\n  The end of {self.child.log}:\n{quoted}"

    async def stop(self, grace_s: float = 12) -> None:
        """Ask it to end, and end it when it has not after `grace_s` seconds."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                self._raw.terminate()
            try:
                await asyncio.wait_for(self._raw.wait(), grace_s)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._raw.kill()
                await self._raw.wait()
        self.child.pid_file.unlink(missing_ok=True)


async def start(child: Child) -> Process:
    """Start a child; raises LocalError when one of a former run is still alive or its program is missing."""
    with contextlib.suppress(TimeoutError):
        # A former run that was killed takes its children along, but not in the same instant.
        async with asyncio.timeout(FORMER_GOES_WITHIN_S):
            while alive(child.pid_file):  # noqa: ASYNC110 (nothing tells when another's process ends)
                await asyncio.sleep(LOOK_EVERY_S)
    if still := alive(child.pid_file):
        raise LocalError(
            f"{child.title} of a former run still runs as process {still} (noted in {child.pid_file}); "
            f"stop it with `kill {still}`, or use another WEFT_HOME"
        )
    return Process(child, await _spawn(child))


async def _spawn(child: Child) -> asyncio.subprocess.Process:
    for file in (child.log, child.pid_file):
        private_folder(file.parent)
    if child.log.exists() and child.log.stat().st_size > LOG_BYTES:
        child.log.replace(child.log.with_suffix(".log.1"))
    with child.log.open("ab") as log:
        try:
            raw = await asyncio.create_subprocess_exec(
                *child.command, env=dict(child.env), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=partial(_when_orphaned, child.if_orphaned),
            )  # fmt: skip
        except OSError as error:
            raise LocalError(f"cannot start {child.title} ({child.command[0]}): {error.strerror}") from error
    child.pid_file.write_text(f"{raw.pid} {_started(raw.pid)}")
    return raw


def alive(pid_file: Path) -> int | None:
    """The pid noted in a file if that very process still runs; a reused pid does not count."""
    try:
        pid, started = pid_file.read_text().split()
        same = is_running(int(pid)) and _started(int(pid)) == started
    except (OSError, ValueError):
        return None
    return int(pid) if same else None


def is_running(pid: int) -> bool:
    """Whether a process has this pid, whoever owns it."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def ended(exit_code: int) -> str:
    """An exit code in words."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"killed by signal {-exit_code}"


def _started(pid: int) -> str:
    """When the process started, in clock ticks since boot; `-` on systems that do not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone" if LIBC else "-"
    return "gone" if fields[0] == "Z" else fields[19]


def _when_orphaned(number: signal.Signals) -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, number)
