"""Edges, ports and circles."""

import pytest

from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import found, raw_graph, raw_node, said

SWITCH = {"value": 1, "cases": [{"port": "one", "equals": 1}, {"port": "two", "equals": 2}]}
NODES = [
    raw_node("a"),
    raw_node("b", "branch", {"when": True}),
    raw_node("c", "cases", SWITCH),
    raw_node("d", policy={"on_failure": "port"}),
    raw_node("e", "attempt"),
]


@pytest.mark.parametrize(
    ("edges", "problems"),
    [
        (["a > b", "b:true > c", "b:false > d", "c:one > d", "c:default > d"], []),
        (["d:failure > a", "d > b"], []),
        (["e:failure > a", "e > b"], []),
        (["a > z"], [("edges[0].target", "unknown_node")]),
        (["z > a"], [("edges[0].source", "unknown_node")]),
        (["a > a"], [("edges[0]", "self_edge")]),
        (["a > b", "a > c", "a > b"], [("edges[2]", "duplicate_edge")]),
        (["b > c"], [("edges[0].port", "wrong_port")]),
        (["c:three > d"], [("edges[0].port", "wrong_port")]),
        (["a:failure > d"], [("edges[0].port", "wrong_port")]),
        (["a > b", "b:true > c", "c:one > a"], [("edges[2]", "cycle")]),
    ],
)
def test_what_is_wrong_with_an_edge(
    edges: list[str], problems: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    assert found(raw_graph(NODES, *edges), catalog) == problems


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (["c:three > d"], "`c` has no port `three`; it has `one`, `two`, `default`"),
        (["a:failure > d"], "Set its policy.on_failure"),
        (["d > b", "b:true > c", "c:one > d"], "b -> c -> d -> b"),
    ],
)
def test_the_message_says_what_there_is(edges: list[str], message: str, catalog: dict[str, NodeType]) -> None:
    assert message in said(raw_graph(NODES, *edges), catalog)
