"""Warnings about nodes that nothing ties to the others or that are never reached."""

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import each, raw_graph, raw_node

NODES = [raw_node(name) for name in "abcde"]


@pytest.mark.parametrize(
    ("edges", "warnings"),
    [
        (["a > b", "b > c", "c > d", "b > e"], []),
        (["a > b", "b > c", "c > d"], [("nodes[4]", "unconnected")]),
        (["a > b", "a > c", "d > e"], [("nodes[3]", "unconnected")]),
        ([], [(f"nodes[{at}]", "unconnected") for at in range(5)]),
        (["a > e", "b > c", "c > b", "c > d", "a > b"], []),
        (["b > c", "c > b", "c > d", "a > a", "d > e"], [
            ("nodes[0]", "unconnected"), ("nodes[3]", "unreachable"), ("nodes[4]", "unreachable")]),
    ],
)  # fmt: skip
def test_what_is_odd_is_a_warning(
    edges: list[str], warnings: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    found = check(raw_graph(NODES, *edges), catalog).warnings
    assert [(warning.path, warning.code) for warning in found] == warnings


def test_a_node_by_itself_is_no_wonder(catalog: dict[str, NodeType]) -> None:
    checked = check(raw_graph(NODES[:1]), catalog)
    assert not checked.warnings
    assert checked.graph


def test_a_group_is_named(catalog: dict[str, NodeType]) -> None:
    warning = check(raw_graph(NODES, "a > b", "b > c", "d > e"), catalog).warnings[0]
    assert warning.message.startswith("`d`, `e` have no edges to the others")


def test_bodies_have_warnings_too(catalog: dict[str, NodeType]) -> None:
    body = {**raw_graph(NODES[:2]), "settings": {"concurrency": {"key": "x"}}}
    checked = check(raw_graph([each("loop", body)]), catalog)
    assert not checked.problems
    assert [(warning.path, warning.code) for warning in checked.warnings] == [
        ("nodes[0].config.graph.nodes[0]", "unconnected"),
        ("nodes[0].config.graph.nodes[1]", "unconnected"),
        ("nodes[0].config.graph.settings.concurrency", "no_effect"),
    ]
