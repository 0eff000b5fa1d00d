"""The graphs in a config and what may stand in their place; workflows that would run themselves."""

from typing import Any

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import each, found, raw_graph, raw_node

BODY = raw_graph([raw_node("a")])


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        ({"items": [], "graph": BODY}, []),
        ({"items": [], "graph": BODY, "finally": None}, []),
        ({"items": []}, [("graph", "required")]),
        ({"items": [], "graph": None}, [("graph", "invalid")]),
        ({"items": [], "graph": "{{ trigger.graph }}"}, [("graph", "invalid")]),
        ({"items": [], "graph": [BODY]}, [("graph", "invalid")]),
        ({"items": [], "graph": {"nodes": []}}, [("graph.nodes", "empty")]),
        ({"items": [], "graph": BODY, "finaly": BODY}, [("finaly", "unknown_key")]),
    ],
)
def test_a_body_must_be_a_graph_and_is_told_of_once(
    config: dict[str, Any], problems: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    expected = [(f"nodes[0].config.{path}", code) for path, code in problems]
    assert found(raw_graph([raw_node("c", "each", config)]), catalog) == expected


@pytest.mark.parametrize(
    ("node", "lacking"),
    [
        (raw_node("a", "branch"), True),
        (raw_node("a", "branch", {"when": "x", "wen": 1}), False),
        (raw_node("a", "mail"), True),
        (each("a", raw_graph([raw_node("b", "branch")])), True),
        (each("a", {"nodes": []}), True),
        (each("a", {"nodes": [{"id": "b"}]}), False),
        (each("a", {}), False),
        (raw_node("a", "fre"), False),
    ],
)
def test_what_is_merely_unfinished_is_told_apart(
    node: dict[str, Any], lacking: bool, catalog: dict[str, NodeType]
) -> None:
    problems = check(raw_graph([node]), catalog).problems
    assert problems
    assert all(problem.lacking for problem in problems) == lacking


def test_a_workflow_cannot_run_itself(catalog: dict[str, NodeType]) -> None:
    run = raw_node("again", "workflow.run", {"workflow_id": "wf_1"})
    graph = raw_graph([each("loop", raw_graph([run]))])
    assert found(graph, catalog) == []
    assert found(graph, catalog, workflow_id="wf_2") == []
    path = "nodes[0].config.graph.nodes[0].config.workflow_id"
    assert found(graph, catalog, workflow_id="wf_1") == [(path, "own_workflow")]
