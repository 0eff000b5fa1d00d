"""Edges, joins and what travels together, apart from any run."""

import pytest

from services.planner.readiness import MAX_TREE, edge_state, sent_with, settle, tree_from
from shared.contracts.graph import Edge
from shared.contracts.run import NodeState
from tests.builders import graph, pinned

SKIPPED = NodeState(status="skipped")
DONE = NodeState(status="succeeded", port="out")
EDGE = Edge(source="a", port="out", target="b")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "open"),
        (NodeState(status="ready"), "open"),
        (NodeState(status="running"), "open"),
        (NodeState(status="suspended"), "open"),
        (NodeState(status="succeeded", port="out"), "taken"),
        (NodeState(status="succeeded", port="other"), "dead"),
        (NodeState(status="failed", port="out"), "taken"),
        (NodeState(status="failed", port="failure"), "dead"),
        (NodeState(status="failed"), "dead"),
        (NodeState(status="skipped"), "dead"),
        (NodeState(status="cancelled"), "dead"),
    ],
)
def test_an_edge_is_taken_dead_or_open(source: NodeState | None, expected: str) -> None:
    assert edge_state(EDGE, {"a": source} if source else {}) == expected


def test_a_dead_end_is_entered_once_however_many_edges_lead_to_it() -> None:
    drawn = pinned(graph("a:x > b > d", "a:x > c > d", "a:y > d"))
    nodes = {"a": DONE}
    ready, dead = settle(drawn, nodes, ["a"], SKIPPED)
    assert (ready, dead) == ([], ["b", "c", "d"])
    assert {node_id for node_id, state in nodes.items() if state is SKIPPED} == {"b", "c", "d"}


def test_nodes_that_finish_together_make_their_target_ready_once() -> None:
    drawn = pinned(graph("a > c", "b > c", "a > d", d={"join": "any"}))
    ready, dead = settle(drawn, {"a": DONE, "b": DONE}, ["a", "b"], SKIPPED)
    assert (sorted(ready), dead) == (["c", "d"], [])


def test_what_has_been_decided_about_is_left_alone() -> None:
    drawn = pinned(graph("a > c", "b > c", c={"join": "any"}))
    nodes = {"a": DONE, "b": DONE, "c": NodeState(status="running")}
    assert settle(drawn, nodes, ["b"], SKIPPED) == ([], [])


def test_death_does_not_go_past_a_node_that_is_alive_by_another_way() -> None:
    drawn = pinned(graph("a:x > b > d > e", "c > d"))
    ready, dead = settle(drawn, {"a": DONE}, ["a"], SKIPPED)
    assert (ready, dead) == ([], ["b"])
    ready, dead = settle(drawn, {"a": DONE, "b": SKIPPED, "c": DONE}, ["c"], SKIPPED)
    assert (ready, dead) == (["d"], [])


def test_a_deep_dead_path_needs_no_deep_stack() -> None:
    names = [f"n{index}" for index in range(999)]
    drawn = pinned(graph("a:x > " + " > ".join(names)))
    _, dead = settle(drawn, {"a": DONE}, ["a"], SKIPPED)
    assert dead == names


def test_a_tree_stops_where_another_message_has_begun() -> None:
    drawn = pinned(graph("a > b > c"))
    assert tree_from(drawn, {}, "a") == ["a", "b", "c"]
    assert tree_from(drawn, {"c": NodeState()}, "a") == ["a", "b"]


def test_a_tree_ends_with_an_answer_that_somebody_waits_for() -> None:
    of = pinned(graph("a > say > b", say={"type": "webhook.respond"}))
    assert tree_from(of, {}, "a") == ["a", "say"]


def test_a_node_with_side_effects_goes_alone() -> None:
    drawn = pinned(graph("a > b > c"), side_effects={"a": "once"})
    assert tree_from(drawn, {}, "a") == ["a"]
    assert tree_from(drawn, {}, "b") == ["b", "c"]


def test_a_tree_has_a_largest_size() -> None:
    names = [f"n{index}" for index in range(MAX_TREE + 20)]
    drawn = pinned(graph(*(f"start > {name}" for name in names)), light=names)
    assert tree_from(drawn, {}, "start") == ["start", *names[: MAX_TREE - 1]]


def test_what_was_sent_together_is_known_by_head_and_attempt() -> None:
    drawn = pinned(graph("a > b > c > d"))
    ours = NodeState(head="a", head_attempt=2)
    nodes = {"a": ours, "b": ours, "c": NodeState(head="a", head_attempt=1), "d": ours}
    assert sent_with(drawn, nodes, "a") == ["a", "b"]


def test_calls_that_may_be_repeated_make_a_chain_and_others_travel_alone() -> None:
    effects = {"a": "repeatable", "b": "repeatable", "c": "once", "d": "once", "e": "repeatable"}
    drawn = pinned(graph("a > b > c > d > e"), side_effects=effects)
    assert tree_from(drawn, {}, "a") == ["a", "b"]
    assert tree_from(drawn, {}, "c") == ["c"]
    assert tree_from(drawn, {}, "e") == ["e"]


def test_calls_side_by_side_do_not_wait_for_each_other() -> None:
    effects = dict.fromkeys(("a", "b", "c"), "repeatable")
    drawn = pinned(graph("a > b", "a > c"), side_effects=effects, light=("b", "c"))
    assert tree_from(drawn, {}, "a") == ["a"]
