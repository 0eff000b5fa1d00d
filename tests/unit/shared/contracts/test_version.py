"""A version unpacked: where edges lead, where a graph begins and ends."""

from shared.contracts.version import PinnedGraph, Version
from tests.builders import graph, pinned, version


def test_edges_are_found_from_both_ends() -> None:
    drawn = pinned(graph("a:true > b > d", "a:false > c > d"))
    assert [(edge.port, edge.target) for edge in drawn.outgoing["a"]] == [("true", "b"), ("false", "c")]
    assert [edge.source for edge in drawn.incoming["d"]] == ["b", "c"]
    assert (drawn.starts, drawn.ends) == (["a"], ["d"])


def test_a_node_without_edges_is_both_start_and_end() -> None:
    drawn = pinned(graph("a", "b > c"))
    assert (drawn.starts, drawn.ends) == (["a", "b"], ["a", "c"])


def test_a_version_survives_its_journey() -> None:
    published = version(graph("a:true > b"), side_effects={"a": "once"}, light=["b"])
    assert Version.model_validate_json(published.model_dump_json()) == published
    assert PinnedGraph.of(published).frozen["a"].ports == ["out", "true"]
