"""Giving up rights for ever: what a process does before it runs what somebody else wrote.

Run as a program, `python confine.py <limits as JSON> <command> ...`, it confines itself and becomes the
command. It is started by its path, without this project on the import path: the standard library only."""

import ctypes
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

NOBODY = 65534
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


def confine(
    *, memory: int, file_bytes: int, open_files: int, processes: int, cpu_s: int | None = None
) -> None:
    """Root becomes nobody, no program gives rights back, and limits hold for this process and its children:
    bytes of address space beyond those in use, bytes of each file written, file descriptors, processes beyond
    those this user has, seconds of CPU each."""
    _become_nobody()
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    limit("RLIMIT_AS", _address_space() + memory)
    limit("RLIMIT_FSIZE", file_bytes)
    limit("RLIMIT_NOFILE", open_files)
    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_NPROC", processes and _threads_of_mine() + processes)
    if cpu_s is not None:
        limit("RLIMIT_CPU", cpu_s)


def limit(name: str, most: int) -> None:
    """Lower a limit, soft and hard, as far as this system knows it; never raise one."""
    with suppress(AttributeError, ValueError, OSError):  # macOS knows, and keeps, fewer of them
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (lowest, lowest))


def limit_cpu(seconds: float) -> None:
    """Let this process use so much more CPU time, and be killed beyond; it can be raised again."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds) + 1, hard))


def keep_secrets() -> None:
    """Hide this process's environment and memory from other processes of the same user."""
    _prctl(PR_SET_DUMPABLE, 0)


def _become_nobody() -> None:
    if os.geteuid() == 0:
        with suppress(OSError):  # a container's root may lack the right to
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _threads_of_mine() -> int:
    """What the system counts against this user's limit of processes, as far as it can be seen."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if process.stat().st_uid == os.getuid():
                count += sum(1 for _ in (process / "task").iterdir())
    return count


if __name__ == "__main__":
    confine(**json.loads(sys.argv[1]))
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python; a command expects them to be as usual
        signal.signal(ignored, signal.SIG_DFL)
    os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))
