"""Whatever the graph and whatever goes wrong: a run ends, once, and as it should, and its child runs do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.version import PinnedGraph
from tests.unit.services.planner.answers import foresee
from tests.unit.services.planner.drawing import graphs
from tests.unit.services.planner.law import check_end
from tests.unit.services.planner.luck import Trouble
from tests.unit.services.planner.world import World

SEEDS = st.integers(0, 2**32 - 1)
pytestmark = pytest.mark.timeout(600)  # what fails is made small first, which takes minutes


@settings(max_examples=500)
@given(graphs([1_000_000], plain=True), SEEDS)
def test_a_run_without_mishaps_ends_as_its_graph_says(graph: PinnedGraph, seed: int) -> None:
    world = World(graph, seed, Trouble())
    world.play()
    for run_id, run in world.runs.items():
        check_end(world.graphs[run_id], run, world.events[run_id])
    status, expected = foresee(seed, graph, world.run.id)
    assert world.run.status == status
    if status == "succeeded":
        assert {node_id: state.status for node_id, state in world.run.nodes.items()} == expected


@settings(max_examples=1500)
@given(
    graphs([60, 1800, 1_000_000]),
    SEEDS,
    st.builds(
        Trouble,
        chance=st.sampled_from([0.02, 0.1, 0.4]),
        most=st.integers(1, 40),
        cancel_after=st.none() | st.integers(1, 60),
        controls=st.sampled_from([0, 5, 15]),
    ),
)
def test_a_run_ends_once_and_lawfully_whatever_goes_wrong(
    graph: PinnedGraph, seed: int, trouble: Trouble
) -> None:
    world = World(graph, seed, trouble)
    world.play()
    for run_id, run in world.runs.items():
        check_end(world.graphs[run_id], run, world.events[run_id])
