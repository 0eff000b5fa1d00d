"""The whole check: what it hands back, and that large graphs are no trouble."""

from typing import Any

from shared.check import check
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Graph
from tests.unit.shared.check.graphs import raw_graph, raw_node


def large(count: int) -> dict[str, Any]:
    """A graph in which each node is fed by eight before it and uses two of them."""
    nodes = [raw_node("n0")]
    for at in range(1, count):
        values = {"x": f"{{{{ nodes.n{at - 1}.x }}}}", "y": f"{{{{ nodes['n{at // 2}'].y + trigger.z }}}}"}
        nodes.append(raw_node(f"n{at}", config={"values": values}))
    return raw_graph(nodes, *(f"n{old} > n{at}" for at in range(count) for old in range(max(0, at - 8), at)))


def test_a_sound_graph_comes_back_as_a_graph(catalog: dict[str, NodeType]) -> None:
    raw = raw_graph([raw_node("a"), raw_node("b")], "a > b")
    checked = check(raw, catalog)
    assert (checked.problems, checked.warnings) == ([], [])
    assert checked.graph == Graph.model_validate(raw)
    assert check(Graph.model_validate(raw), catalog).graph == checked.graph


def test_a_graph_with_problems_does_not(catalog: dict[str, NodeType]) -> None:
    assert check(raw_graph([raw_node("a", "zz")]), catalog).graph is None


def test_a_thousand_wrong_nodes_give_five_hundred_problems(catalog: dict[str, NodeType]) -> None:
    graph = raw_graph([raw_node(f"n{at}", f"zz{at}") for at in range(1000)])
    assert len(check(graph, catalog, max_nodes=1000).problems) == 500


def test_the_largest_graph_is_checked_as_any_other(catalog: dict[str, NodeType]) -> None:
    assert check(large(1000), catalog, max_nodes=1000).problems == []


def test_a_type_that_is_off_is_refused_with_a_word_on_how_to_get_it(catalog: dict[str, NodeType]) -> None:
    (problem,) = check(raw_graph([raw_node("a", "shell")]), catalog).problems
    assert (problem.path, problem.code) == ("nodes[0].type", "unknown_type")
    assert "WEFT_ALLOW_SHELL=1" in problem.message
