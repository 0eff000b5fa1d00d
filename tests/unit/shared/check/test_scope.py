"""What the graph in a container may name of the graph around it."""

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import Raw, each, found, raw_graph, raw_node, said

INNER = "nodes[1].config.graph.nodes[1].config.values.x"


def around(value: str, *, inner: str = "inner") -> Raw:
    """before > loop > after, with this value in the second node of the loop's body."""
    body = raw_graph([raw_node(inner), raw_node("user", config={"values": {"x": value}})], f"{inner} > user")
    nodes = [raw_node("before", "page"), each("loop", body), raw_node("after")]
    return raw_graph(nodes, "before > loop", "loop > after")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{{ nodes.inner.x + nodes.before.status + item + index + trigger.n }}", None),
        ("{{ nodes[item.name] }}", None),
        ("{{ nodes.before.status }}", None),
        ("{{ nodes.before.staus }}", "unknown_output"),
        ("{{ nodes.after }}", "not_upstream"),
        ("{{ nodes.loop }}", "not_upstream"),
        ("{{ nodes.user }}", "not_upstream"),
        ("{{ nodes.befor }}", "unknown_node"),
        ("{{ 1 + }}", "expression_syntax"),
    ],
)
def test_a_body_uses_its_own_nodes_and_those_before_its_container(
    value: str, code: str | None, catalog: dict[str, NodeType]
) -> None:
    assert found(around(value), catalog) == ([(INNER, code)] if code else [])


def test_an_inner_name_hides_an_outer_one(catalog: dict[str, NodeType]) -> None:
    assert found(around("{{ nodes.before.anything }}", inner="before"), catalog) == []
    hidden = raw_graph([raw_node("user", config={"values": {"x": "{{ nodes.before }}"}}), raw_node("before")])
    graph = raw_graph([raw_node("before"), each("loop", hidden)], "before > loop")
    path = "nodes[1].config.graph.nodes[0].config.values.x"
    assert found(graph, catalog) == [(path, "not_upstream")]


def test_outer_names_reach_through_containers_in_containers(catalog: dict[str, NodeType]) -> None:
    innermost = raw_graph([raw_node("a", config={"values": {"x": "{{ nodes.far }} {{ nodes.near }}"}})])
    middle = raw_graph([raw_node("near"), each("second", innermost)], "near > second")
    assert found(raw_graph([raw_node("far"), each("first", middle)], "far > first"), catalog) == []
    path = "nodes[1].config.graph.nodes[1].config.graph.nodes[0].config.values.x"
    assert found(raw_graph([raw_node("far"), each("first", middle)]), catalog) == [(path, "not_upstream")]


def test_a_name_in_between_hides_one_further_out(catalog: dict[str, NodeType]) -> None:
    innermost = raw_graph([raw_node("x", config={"values": {"x": "{{ nodes.far }}"}})])
    middle = raw_graph([each("second", innermost), raw_node("far")], "second > far")
    graph = raw_graph([raw_node("far"), each("first", middle)], "far > first")
    path = "nodes[1].config.graph.nodes[0].config.graph.nodes[0].config.values.x"
    assert found(graph, catalog) == [(path, "not_upstream")]


def test_the_output_of_a_body_may_be_an_outer_one(catalog: dict[str, NodeType]) -> None:
    body = raw_graph([raw_node("a")], output="{{ nodes.before.status }}")
    graph = raw_graph([raw_node("before", "page"), each("loop", body)], "before > loop")
    assert found(graph, catalog) == []
    body["settings"]["output"] = "{{ nodes.befor }}"
    assert found(graph, catalog) == [("nodes[1].config.graph.settings.output", "unknown_node")]


def test_a_body_is_checked_like_any_graph(catalog: dict[str, NodeType]) -> None:
    body = {
        "nodes": [raw_node("a", "rows", {"where": "item >"}), raw_node("b", "fre"), {"id": "c"}],
        "edges": [{"source": "a", "port": "maybe", "target": "z"}],
    }
    graph = raw_graph([each("loop", body, **{"finally": {"nodes": "x"}})])
    assert set(found(graph, catalog)) == {
        ("nodes[0].config.graph.nodes[0].config.items", "required"),
        ("nodes[0].config.graph.nodes[0].config.where", "expression_syntax"),
        ("nodes[0].config.graph.nodes[1].type", "unknown_type"),
        ("nodes[0].config.graph.nodes[2].type", "required"),
        ("nodes[0].config.graph.edges[0].port", "wrong_port"),
        ("nodes[0].config.graph.edges[0].target", "unknown_node"),
        ("nodes[0].config.finally.nodes", "invalid"),
    }


def test_a_circle_in_a_body_names_its_nodes(catalog: dict[str, NodeType]) -> None:
    body = raw_graph([raw_node("a"), raw_node("b")], "a > b", "b > a")
    graph = raw_graph([each("loop", body)])
    assert found(graph, catalog) == [("nodes[0].config.graph.edges[1]", "cycle")]
    assert "a -> b -> a" in said(graph, catalog)


def test_names_within_a_container_of_an_unknown_type_are_not_held_against_it(
    catalog: dict[str, NodeType],
) -> None:
    body = raw_graph([raw_node("a"), raw_node("b", config={"values": {"x": "{{ nodes.a }}"}})], "a > b")
    assert found(raw_graph([raw_node("x", "mapp", {"graph": body})]), catalog) == [
        ("nodes[0].type", "unknown_type")
    ]


def test_a_circle_outside_does_not_spoil_the_names_within(catalog: dict[str, NodeType]) -> None:
    graph = around("{{ nodes.after }}")
    graph["edges"].append({"source": "after", "port": "out", "target": "before"})
    assert [problem.code for problem in check(graph, catalog).problems] == ["cycle"]
