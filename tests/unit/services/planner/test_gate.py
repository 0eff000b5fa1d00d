"""Where runs begin: who is held, and what frees the way."""

from typing import Any

import pytest

from services.planner.gate import LATER, Gate
from services.planner.saved import Saved
from services.planner.turns import FIRST_WINDOW
from shared.contracts.events import NodeFinished, NodeStarted
from shared.contracts.run import Run
from shared.ids import now_ms
from shared.messaging.topology import partition_of
from tests.builders import finished, graph, pinned, run, succeeded

GRAPH = pinned(graph("a"))
GRAPHS = {"wf_1:1": GRAPH}


class Backends:
    """Bus and store, as far as the gate asks them."""

    def __init__(self) -> None:
        self.woken: list[str] = []
        self.left: dict[int, list[str]] = {}

    async def publish(self, message: Any, key: str) -> None:
        self.woken.append(message.run_id)

    async def queued(self, partition: int) -> list[str]:
        return self.left.get(partition, [])


@pytest.fixture
def backends() -> Backends:
    return Backends()


@pytest.fixture
def gate(backends: Backends) -> Gate:
    part: Any = backends
    return Gate(part, part)


def batch(gate: Gate, runs: list[Run], *, woken: tuple[str, ...] = ()) -> list[str]:
    """The runs that begin in one batch; each sends its node."""
    held = gate.hold(runs, GRAPHS, woken)
    begun = [each for each in runs if each.id not in held] + [run(each) for each in gate.called()]
    gate.sent([Saved(each, GRAPH, ["a"], {}, "") for each in begun], now_ms())
    gate.settle()
    return [each.id for each in begun]


def taken(run_id: str) -> NodeStarted:
    """An executor says that it has begun."""
    return NodeStarted(run_id=run_id, node="a", attempt=1, executor="executor_1", at=5)


def several(count: int, first: int = 0) -> list[Run]:
    return [run(f"run_{number}") for number in range(first, first + count)]


def full(gate: Gate) -> list[Run]:
    """As many runs as may begin, and one that may not."""
    runs = several(FIRST_WINDOW + 1)
    assert batch(gate, runs) == [each.id for each in runs[:-1]]
    return runs


@pytest.mark.parametrize(
    "said",
    [
        finished(succeeded("a", at=5), run_id="run_3"),
        taken("run_3"),
    ],
)
def test_who_was_held_is_called_as_soon_as_a_message_is_taken(
    gate: Gate, said: NodeStarted | NodeFinished
) -> None:
    runs = full(gate)
    assert batch(gate, []) == []
    gate.heard([said])
    assert batch(gate, []) == [runs[-1].id]
    assert len(gate) == 0


def test_a_run_that_is_woken_while_it_waits_is_told_to_wait_on(gate: Gate) -> None:
    last = full(gate)[-1]
    assert gate.hold([last], GRAPHS, ()) == {last.id: []}
    assert gate.hold([last], GRAPHS, (last.id,)) == {last.id: [LATER]}


def test_what_was_cancelled_holds_up_nobody(gate: Gate) -> None:
    runs = full(gate)
    gate.sent([Saved(runs[0], GRAPH, [], {"a": 1}, "")], 0)
    assert batch(gate, []) == [runs[-1].id]


def test_who_was_called_and_begins_nothing_leaves_its_place_to_others(gate: Gate) -> None:
    runs = [*full(gate), run("run_more")]
    assert batch(gate, [runs[-1]]) == []
    gate.heard([taken("run_0")])
    assert gate.called() == [runs[-2].id]
    gate.settle()  # it was cancelled meanwhile, say
    assert batch(gate, []) == [runs[-1].id]


def test_children_and_runs_under_way_are_never_held(gate: Gate) -> None:
    full(gate)
    others = [run("run_x.n.0", level="child"), run("run_y", status="running")]
    assert gate.hold(others, GRAPHS, ()) == {}


async def test_who_takes_over_a_partition_looks_for_those_who_wait_there(
    gate: Gate, backends: Backends
) -> None:
    partition = partition_of("run_1")
    backends.left[partition] = ["run_1", "run_2"]
    await gate.look()
    assert backends.woken == []
    gate.gained(partition)
    await gate.look()
    assert backends.woken == ["run_1", "run_2"]
    await gate.look()
    assert len(backends.woken) == 2
