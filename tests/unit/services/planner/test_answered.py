"""In a dry run every call of a mocked node gets the next answer, wherever it is made."""

from collections.abc import Collection
from typing import Any

from services.planner.answered import Answered, Counts
from services.planner.transitions import Spawn
from shared.contracts.graph import Graph
from shared.contracts.run import NodeState, Run
from shared.contracts.version import FrozenNode, PinnedGraph
from tests.builders import run

PLAIN: dict[str, Any] = {"pool": "core", "ports": ["out"], "side_effects": "none"}
MOCKED = FrozenNode(**PLAIN, mocks=["1", "2"])


class Stored:
    """What a planner remembers or finds in the store."""

    def __init__(self, *runs: Run) -> None:
        self._runs = {each.id: each for each in runs}

    async def runs(self, groups: Collection[str], *, trust_messages: bool) -> dict[str, Run]:
        """Those that are there."""
        return {each: self._runs[each] for each in groups if each in self._runs}


def holding(kind: str, inner: PinnedGraph) -> PinnedGraph:
    """A graph with one container, `c`."""
    nodes = {"nodes": [node.model_dump() for node in inner.nodes.values()]}
    graph = Graph.model_validate({"nodes": [{"id": "c", "type": kind, "config": {"graph": nodes}}]})
    return PinnedGraph("v", None, graph, {"c": FrozenNode(**PLAIN, bodies={"graph": inner.frozen})})


CALLS = PinnedGraph("b", None, Graph.model_validate({"nodes": [{"id": "n", "type": "x"}]}), {"n": MOCKED})


def been(run_id: str, *, attempts: int = 1, turn: int = 0, node: str = "n", **before: int) -> Run:
    """A dry run in which a node was begun so often."""
    nodes = {node: NodeState(attempt=attempts, turn=turn)}
    return run(
        run_id, dry=True, nodes=nodes, answered={key.replace("_", "/"): n for key, n in before.items()}
    )


async def before(
    of: PinnedGraph, here: Run, *keys: str, attempt: int = 1, stored: Collection[Run] = ()
) -> dict[str, Counts]:
    answered = Answered(Stored(*stored))  # type: ignore[arg-type]
    return await answered.before(here, of, Spawn("c", attempt, "graph", list(keys)), of.body("c", "graph"))


async def test_items_take_one_each() -> None:
    here = been("run_1", node="c")
    assert await before(holding("map", CALLS), here, "0", "4") == {"0": {"n": 0}, "4": {"n": 4}}


async def test_a_turn_goes_on_where_the_last_one_ended() -> None:
    graph, here = holding("loop", CALLS), been("run_1", node="c")
    last = been("run_1.c.1", attempts=2, n=3)
    assert await before(graph, here, "0") == {"0": {"n": 0}}
    assert await before(graph, here, "2", stored=[last]) == {"2": {"n": 5}}


async def test_another_attempt_goes_on_where_the_first_one_ended() -> None:
    first = been("run_1.c.0", attempts=3)
    here = been("run_1", node="c", attempts=2)
    assert await before(holding("try", CALLS), here, "0-2", attempt=2, stored=[first]) == {"0-2": {"n": 3}}


async def test_loops_in_loops_are_counted_through() -> None:
    inner, here = holding("loop", CALLS), been("run_1", node="c")
    outer_turn = been("run_1.c.0", node="c", turn=2)
    inner_turn = been("run_1.c.0.c.1", n=1)
    stored = [outer_turn, inner_turn]
    assert await before(holding("loop", inner), here, "1", stored=stored) == {"1": {"c/n": 2}}
    next_turn = been("run_1.c.1", node="c", c_n=2)
    assert await before(inner, next_turn, "0") == {"0": {"n": 2}}


async def test_maps_in_loops_are_added_up() -> None:
    here, turn = been("run_1", node="c"), been("run_1.c.0", node="c", c_n=4)
    items = [been("run_1.c.0.c.0", n=4), been("run_1.c.0.c.1", attempts=2, n=5)]
    graph = holding("loop", holding("map", CALLS))
    assert await before(graph, here, "1", stored=[turn, *items]) == {"1": {"c/n": 7}}


async def test_nothing_is_counted_without_mocks() -> None:
    real = been("run_1", node="c").model_copy(update={"dry": False})
    assert await before(holding("loop", CALLS), real, "0") == {"0": {}}
