"""Graphs that are malformed, too large, too deep, too many."""

from typing import Any

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import Raw, each, found, raw_graph, raw_node, said


def nested(depth: int) -> Any:
    """An object in an object, so many times."""
    value: Any = 1
    for _ in range(depth):
        value = {"x": value}
    return value


def containers(depth: int) -> Raw:
    """A graph in a graph, so many times."""
    graph = raw_graph([raw_node("leaf")])
    for _ in range(depth):
        graph = raw_graph([each("holder", graph)])
    return graph


@pytest.mark.parametrize(
    ("graph", "problems"),
    [
        ([], [("", "invalid")]),
        ({}, [("nodes", "required")]),
        ({"nodes": []}, [("nodes", "empty")]),
        ({"nodes": "x", "edges": 3}, [("nodes", "invalid"), ("edges", "invalid")]),
        (raw_graph([raw_node("a.b")]), [("nodes[0].id", "invalid_id")]),
        (raw_graph([raw_node("$a")]), [("nodes[0].id", "invalid_id")]),
        (raw_graph([raw_node("a" * 65)]), [("nodes[0].id", "invalid_id")]),
        (raw_graph([raw_node("a"), raw_node("b"), raw_node("a")]), [("nodes[2].id", "duplicate_id")]),
        ({"nodes": [{"id": "a"}]}, [("nodes[0].type", "required")]),
        (raw_graph([raw_node("a", typ="free")]), [("nodes[0].typ", "unknown_key")]),
        (raw_graph([raw_node("a")], timeout_s=-1), [("settings.timeout_s", "invalid")]),
        (raw_graph([raw_node("a", policy={"timeout_s": 0})]), [("nodes[0].policy.timeout_s", "invalid")]),
        (raw_graph([raw_node("a", config=nested(100))]), [("nodes[0].config.x", "too_deep")]),
        (raw_graph([raw_node("a", config={"x": "y" * 1_000_001})]), [("", "too_large")]),
        (raw_graph([raw_node("a", config={"x": "{{ 1 }}" * 10_001})]), [("", "too_many_expressions")]),
        (raw_graph([raw_node("a", config={"x": {1, 2}})]), [("", "not_json")]),
        (raw_graph([raw_node("a", config={"x": 2**70})]), [("", "not_json")]),
        (raw_graph([raw_node(f"n{at}") for at in range(1001)]), [("nodes", "too_many_nodes")]),
    ],
)
def test_what_is_malformed_is_told_with_its_place(
    graph: Any, problems: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    assert found(graph, catalog) == problems


def test_a_graph_nested_10_000_deep_is_refused_without_harm(catalog: dict[str, NodeType]) -> None:
    graph = raw_graph([raw_node("a", config=nested(10_000))])
    assert found(graph, catalog) == [("nodes[0].config.x", "too_deep")]


def test_the_limit_of_nodes_is_the_callers(catalog: dict[str, NodeType]) -> None:
    graph = raw_graph([raw_node(f"n{at}") for at in range(101)])
    assert found(graph, catalog) == [("nodes", "too_many_nodes")]
    assert found(graph, catalog, max_nodes=101) == []


def test_graphs_within_graphs_go_five_deep(catalog: dict[str, NodeType]) -> None:
    assert found(containers(5), catalog) == []
    deepest = ".".join(["nodes[0].config.graph"] * 6)
    assert found(containers(6), catalog) == [(deepest, "nested_too_deep")]


def test_nodes_count_wherever_they_are(catalog: dict[str, NodeType]) -> None:
    body = raw_graph([raw_node("a"), raw_node("b")], "a > b")
    graph = raw_graph([each("one", body), each("two", body, **{"finally": body})], "one > two")
    assert found(graph, catalog, max_nodes=8) == []
    assert found(graph, catalog, max_nodes=7) == [("nodes", "too_many_nodes")]
    assert "8 nodes" in check(graph, catalog, max_nodes=7).problems[0].message


def test_what_only_serves_others_does_not_count(catalog: dict[str, NodeType]) -> None:
    parts = catalog | {"part": catalog["free"].model_copy(update={"type": "part", "part": True})}
    graph = raw_graph([raw_node("a"), *(raw_node(f"n{at}", "part") for at in range(998)), raw_node("b")])
    assert found(graph, parts, max_nodes=2) == []
    [problem] = check(graph, parts, max_nodes=1).problems
    assert "2 nodes" in problem.message
    assert "WEFT_MAX_NODES" in problem.message


def test_thousands_of_nodes_within_are_not_looked_at_one_by_one(catalog: dict[str, NodeType]) -> None:
    body = raw_graph([raw_node(f"n{at}", "zz") for at in range(1000)])
    assert found(raw_graph([each("one", body)]), catalog, max_nodes=1000) == [("nodes", "too_many_nodes")]


def test_an_unknown_key_comes_with_the_one_that_was_meant(catalog: dict[str, NodeType]) -> None:
    graph = {"nodes": [raw_node("a", polici={})], "edgse": []}
    assert "did you mean `policy`?" in said(graph, catalog)
    assert "did you mean `edges`?" in said(graph, catalog)


def test_one_fault_does_not_hide_the_others(catalog: dict[str, NodeType]) -> None:
    graph = raw_graph(
        [raw_node("a", "fre"), {"id": "b", "tipe": "free"}, raw_node("c", "branch"), 5],  # type: ignore[list-item]
        "a > b",
        "b > z",
        "c > a",
    )
    problems = check(graph, catalog).problems
    assert {(each.path, each.code) for each in problems} == {
        ("nodes[0].type", "unknown_type"),
        ("nodes[1].type", "required"),
        ("nodes[1].tipe", "unknown_key"),
        ("nodes[2].config.when", "required"),
        ("nodes[3]", "invalid"),
        ("edges[1].target", "unknown_node"),
        ("edges[2].port", "wrong_port"),
    }
