"""Whatever the graph and whatever goes wrong: a run ends, once, and as it should."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.graph import Edge, Graph, Node
from shared.contracts.version import PinnedGraph, Version
from tests.builders import graph as drawn
from tests.builders import node, version
from tests.unit.services.planner.law import check_end, evaluate
from tests.unit.services.planner.world import Trouble, World

SEEDS = st.integers(0, 2**32 - 1)
CHEAP = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
PORTS = (["out"], ["true", "false"], ["out", "other", "third"])
EFFECTS = ("none", "none", "none", "repeatable", "once")

NODES = st.tuples(
    st.sampled_from(PORTS),
    st.sampled_from(EFFECTS),
    st.sampled_from(["all", "any"]),
    st.sampled_from(["stop", "continue", "port"]),
    st.integers(1, 3),
    st.sampled_from([0, 0.2, 45]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3)), max_size=3),
)


@st.composite
def graphs(draw: st.DrawFn, timeouts: list[float]) -> PinnedGraph:
    """One to twelve nodes; edges lead from earlier ones to later ones, from any of their ports."""
    specs = draw(st.lists(NODES, min_size=1, max_size=12))
    nodes: list[Node] = []
    edges: list[Edge] = []
    ports: list[list[str]] = []
    for index, (own, _, join, mode, attempts, wait, _, sources) in enumerate(specs):
        retry = {"max_attempts": attempts, "initial_s": wait}
        nodes.append(node(f"n{index}", join=join, on_failure=mode, retry=retry, timeout_s=60))
        ports.append([*own, "failure"] if mode == "port" else own)
        for number, port in sources if index else []:
            source = number % index
            name = ports[source][port % len(ports[source])]
            edges.append(Edge(source=f"n{source}", port=name, target=f"n{index}"))
    edges = list({(edge.source, edge.port, edge.target): edge for edge in edges}.values())
    limits = {"max_parallel": draw(st.integers(1, 5)), "timeout_s": draw(st.sampled_from(timeouts))}
    published = version(
        Graph(nodes=nodes, edges=edges, settings=drawn("x", settings=limits).settings),
        side_effects={f"n{index}": spec[1] for index, spec in enumerate(specs)},  # type: ignore[misc]
        light=[f"n{index}" for index, spec in enumerate(specs) if spec[6]],
    )
    return PinnedGraph.of(with_ports(published, ports))


def with_ports(published: Version, ports: list[list[str]]) -> Version:
    frozen = {
        node_id: each.model_copy(update={"ports": own})
        for (node_id, each), own in zip(published.frozen.items(), ports, strict=True)
    }
    return published.model_copy(update={"frozen": frozen})


@settings(CHEAP, max_examples=500)
@given(graphs([100_000]), SEEDS)
def test_a_run_without_mishaps_ends_as_its_graph_says(graph: PinnedGraph, seed: int) -> None:
    world = World(graph, seed, Trouble())
    world.play()
    check_end(graph, world.run, world.events)
    expected = evaluate(graph, lambda node_id: predicted(world, node_id))
    stops = [each for each, status in expected.items() if status == "failed" and stopping(graph, each)]
    assert world.run.status == ("failed" if stops else "succeeded")
    if not stops:
        assert {node_id: state.status for node_id, state in world.run.nodes.items()} == expected


@settings(CHEAP, max_examples=1500)
@given(
    graphs([60, 1800, 1_000_000]),
    SEEDS,
    st.builds(
        Trouble,
        chance=st.sampled_from([0.02, 0.1, 0.4]),
        most=st.integers(1, 40),
        cancel_after=st.none() | st.integers(1, 60),
    ),
)
def test_a_run_ends_once_and_lawfully_whatever_goes_wrong(
    graph: PinnedGraph, seed: int, trouble: Trouble
) -> None:
    world = World(graph, seed, trouble)
    world.play()
    check_end(graph, world.run, world.events)


def predicted(world: World, node_id: str) -> tuple[str, str | None]:
    """How a node ends when no attempt of it is lost."""
    policy = world.graph.nodes[node_id].policy
    for attempt in range(1, policy.retry.max_attempts + 1):
        result = world.answer(node_id, attempt)
        if result.failure is None:
            return "succeeded", result.port
        if result.failure.code not in policy.retry.on:
            break
    return "failed", {"stop": None, "continue": "out", "port": "failure"}[policy.on_failure]


def stopping(graph: PinnedGraph, node_id: str) -> bool:
    return graph.nodes[node_id].policy.on_failure == "stop"
