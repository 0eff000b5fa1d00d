"""What processes cost, read from /proc, and what a list of figures says."""

import os
import statistics
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
KB_PER_MB = 1024


class Processes:
    """Groups of processes: each named root with everything it has started that is not itself a root."""

    def __init__(self, roots: dict[str, int]) -> None:
        self._names = {pid: name for name, pid in roots.items()}

    def groups(self) -> dict[str, list[int]]:
        """The living members of each group."""
        parents = dict(_parents())
        found: dict[str, list[int]] = {name: [] for name in self._names.values()}
        for pid in parents:
            ancestor = pid
            while ancestor and ancestor not in self._names:
                ancestor = parents.get(ancestor, 0)
            if ancestor:
                found[self._names[ancestor]].append(pid)
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time that each group has used so far."""
        return {name: sum(map(_cpu_seconds, pids)) for name, pids in self.groups().items()}

    def memory_mb(self, kind: str, *, leave_out: Container[str] = ()) -> dict[str, float]:
        """Memory of each group: `Pss` counts a shared page once over all its users, `Rss` once for each."""
        return {
            name: round(sum(_memory_kb(pid, kind) for pid in pids) / KB_PER_MB, 1)
            for name, pids in self.groups().items()
            if name not in leave_out
        }


def percentiles(values: list[float]) -> dict[str, float]:
    """The 50th, 95th and 99th percentile."""
    if len(values) < 2:
        values = values * 2
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {f"p{cut}": round(cuts[cut - 1], 2) for cut in (50, 95, 99)}


def medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each key over rows that share their keys."""
    return {key: round(statistics.median(row[key] for row in rows), 2) for key in rows[0]}


def _parents() -> Iterator[tuple[int, int]]:
    """Every process with its parent. A command's name may hold spaces, so fields count from its bracket."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                yield int(entry.name), int(_stat(int(entry.name))[1])


def _cpu_seconds(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / TICKS  # with the children it has outlived


def _stat(pid: int) -> list[str]:
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _memory_kb(pid: int, kind: str) -> int:
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1])
    return 0
