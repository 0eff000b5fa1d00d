"""What the bench reads from /proc and says of its figures."""

import os
import subprocess
import sys

from bench.measure import Processes, medians, percentiles

STARTS_ANOTHER = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=sys.stdin); "
    "print(child.pid, flush=True); child.wait()"
)


def test_a_group_is_a_process_with_all_that_it_started() -> None:
    command = [sys.executable, "-c", STARTS_ANOTHER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        processes = Processes({"all": os.getpid(), "parent": parent.pid})
        groups = processes.groups()
        alone = Processes({"child": child}).memory_mb("Rss")["child"]
        both = processes.memory_mb("Rss", leave_out=["all"])
        parent.communicate("\n")
    assert sorted(groups["parent"]) == sorted([parent.pid, child])
    assert os.getpid() in groups["all"]
    assert parent.pid not in groups["all"]
    assert 0 < alone < both["parent"]
    assert list(both) == ["parent"]


def test_processor_time_grows_with_work() -> None:
    processes = Processes({"me": os.getpid()})
    before = processes.cpu_seconds()["me"]
    while processes.cpu_seconds()["me"] <= before:
        sum(range(100_000))
    assert processes.cpu_seconds()["me"] > before


def test_a_process_that_has_gone_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    processes = Processes({"gone": gone.pid})
    assert processes.cpu_seconds() == {"gone": 0}
    assert processes.memory_mb("Pss") == {"gone": 0}


def test_percentiles_lie_where_they_should() -> None:
    assert percentiles([float(n) for n in range(1, 102)]) == {"p50": 51, "p95": 96, "p99": 100}
    assert percentiles([7.0]) == {"p50": 7, "p95": 7, "p99": 7}


def test_the_median_of_each_figure_is_taken_on_its_own() -> None:
    rows = [{"a": 1.0, "b": 30.0}, {"a": 3.0, "b": 10.0}, {"a": 2.0, "b": 20.0}]
    assert medians(rows) == {"a": 2, "b": 20}
