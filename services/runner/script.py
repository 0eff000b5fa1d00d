"""A shell script in a process of its own: confined, in a folder of its own, killed with all it started."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared import confine

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MAX_MEMORY = 2**30
MAX_FILE_BYTES = 100 * 2**20
MAX_OPEN_FILES = 256
MAX_PROCESSES = 256
MAX_OUTPUT_BYTES = 1_000_000
CHUNK_BYTES = 65_536
LAST_WORDS_S = 1.0
"""How long reading may take once all are killed; no longer, for a process may have got away with a pipe."""
ROUNDS = 20


@dataclass(frozen=True)
class Ended:
    """How a script ended; `exit_code` is 128 + n when signal n killed it. `truncated` when it wrote more than
    is kept."""

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool


class _Output:
    """A pipe a script writes to: the beginning is kept, the rest is read and dropped. Not a pipe of asyncio's
    subprocesses, which would wait for whoever else still holds it."""

    def __init__(self) -> None:
        source, self.target = os.pipe()
        _hand_over(self.target)  # so that a script may open /dev/stderr
        self._source = os.fdopen(source, "rb", buffering=0)
        self._bytes = bytearray()
        self._reading: asyncio.Task[None] | None = None
        self.truncated = False

    @property
    def text(self) -> str:
        return self._bytes.decode(errors="replace")

    def start_reading(self) -> None:
        os.close(self.target)
        self._reading = asyncio.create_task(self._read())

    async def finish(self) -> None:
        """Wait until everything that was written has been read."""
        if self._reading:
            await asyncio.wait([self._reading], timeout=LAST_WORDS_S)

    def close(self) -> None:
        if self._reading:
            self._reading.cancel()
        else:
            os.close(self.target)
            self._source.close()

    async def _read(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._source
        )
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                room = MAX_OUTPUT_BYTES - len(self._bytes)
                self._bytes += chunk[:room]
                self.truncated = self.truncated or len(chunk) > room
        finally:
            transport.close()


async def run_script(script: str, args: Sequence[str], stdin: str, *, timeout_s: float) -> Ended:
    """Run it with /bin/sh; raises TimeoutError, and OSError when it cannot even start."""
    command = [*_launcher(int(timeout_s) + 1), "/bin/sh", "-c", script, "script", *args]
    async with _scratch() as folder:
        stdout, stderr = _Output(), _Output()
        try:
            async with _running(command, folder, stdin, stdout, stderr) as process:
                async with asyncio.timeout(timeout_s):
                    code = await process.wait()
            for output in (stdout, stderr):
                await output.finish()
        finally:
            stdout.close()
            stderr.close()
    code = code if code >= 0 else 128 - code
    return Ended(code, stdout.text, stderr.text, stdout.truncated or stderr.truncated)


def _launcher(cpu_s: int) -> list[str]:
    """What confines itself and then becomes the command that follows; nothing runs between fork and exec."""
    limits = {
        "memory": MAX_MEMORY,
        "file_bytes": MAX_FILE_BYTES,
        "open_files": MAX_OPEN_FILES,
        "processes": MAX_PROCESSES,
        "cpu_s": cpu_s,
    }
    return [sys.executable, "-I", "-S", confine.__file__, json.dumps(limits)]


@asynccontextmanager
async def _running(
    command: Sequence[str], folder: Path, stdin: str, stdout: _Output, stderr: _Output
) -> AsyncIterator[Process]:
    """The process; at the end it and all it has started are killed."""
    with tempfile.TemporaryFile() as given:
        await asyncio.to_thread(_fill, given, stdin)
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=given, stdout=stdout.target, stderr=stderr.target,
            env={"PATH": PATH, "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)},
            start_new_session=True,
        )  # fmt: skip
    try:
        stdout.start_reading()
        stderr.start_reading()
        yield process
    finally:
        await asyncio.shield(_kill(process, folder))


def _fill(file: IO[bytes], text: str) -> None:
    file.write(text.encode())
    file.seek(0)
    _hand_over(file.fileno())


async def _kill(process: Process, folder: Path) -> None:
    """End its process group, and what has left the group but not its home."""
    _signal(os.killpg, process.pid)
    await process.wait()
    for _ in range(ROUNDS):  # some may start others while they are looked for
        left = await asyncio.to_thread(lambda: list(_at_home(folder)))
        if not left:
            return
        for pid in left:
            _signal(os.kill, pid)


def _signal(kill: Callable[[int, int], None], target: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        kill(target, signal.SIGKILL)


def _at_home(folder: Path) -> Iterator[int]:
    """The processes with this folder as their home."""
    mark = f"={folder}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is none of ours
            if mark in (process / "environ").read_bytes():
                yield int(process.name)


@asynccontextmanager
async def _scratch() -> AsyncIterator[Path]:
    folder = await asyncio.to_thread(_new_folder)
    try:
        yield folder
    finally:
        await asyncio.shield(asyncio.to_thread(_remove, folder))


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="weft-shell-"))
    _hand_over(folder)
    return folder


def _hand_over(file: Path | int) -> None:
    """Make it the script's own, which runs as nobody when this process is root."""
    if os.geteuid() == 0:
        with suppress(OSError):
            os.chown(file, confine.NOBODY, confine.NOBODY)


def _remove(folder: Path) -> None:
    if os.geteuid():  # root needs no rights; others get back those that a script has taken from its folders
        for parent, names, _ in os.walk(folder):
            for name in names:
                if not os.path.islink(path := os.path.join(parent, name)):
                    os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
