"""What has changed between two graphs."""

from typing import Any

import pytest

from services.gateway.diff import diff
from shared.contracts.catalog import NodeType

Raw = dict[str, Any]
EACH = NodeType(
    type="each",
    title="Each",
    description="",
    category="test",
    pool="core",
    config_schema={},
    bodies=["graph"],
)
CATALOG = {"each": EACH}
NOTHING: Raw = {
    "nodes": {"added": [], "removed": [], "changed": [], "moved": []},
    "edges": {"added": [], "removed": []},
    "settings": [],
}


def node(node_id: str, config: Raw | None = None, **more: Any) -> Raw:
    """A node with nothing but what is given."""
    return {"id": node_id, "type": "set", "config": config or {}, **more}


def graph(*nodes: Raw, edges: tuple[tuple[str, str], ...] = (), **settings: Any) -> Raw:
    """A graph whose edges leave from the port `out`."""
    ends = [{"source": source, "target": target} for source, target in edges]
    return {"nodes": list(nodes), "edges": ends, "settings": settings}


def changed(before: Raw, after: Raw) -> Raw:
    """What is shown of the differences."""
    return diff(before, after, CATALOG).shown()


def changes(before: Any, after: Any) -> list[Raw]:
    """The changes of one node with these configs."""
    nodes = changed(graph(node("a", {"x": before})), graph(node("a", {"x": after})))["nodes"]
    return [change for each in nodes["changed"] for change in each["changes"]]


def test_nodes_and_edges_come_and_go() -> None:
    before = graph(node("a"), node("b"), edges=(("a", "b"),))
    after = graph(node("a"), node("c", name="New"), edges=(("a", "c"),))
    assert changed(before, after) == {
        **NOTHING,
        "nodes": {
            **NOTHING["nodes"],
            "added": [{"within": "", "id": "c", "type": "set", "name": "New"}],
            "removed": [{"within": "", "id": "b", "type": "set", "name": ""}],
        },
        "edges": {
            "added": [{"within": "", "source": "a", "port": "out", "target": "c"}],
            "removed": [{"within": "", "source": "a", "port": "out", "target": "b"}],
        },
    }


def test_what_is_written_out_or_in_another_order_is_the_same() -> None:
    before = graph(node("a"), node("b", {"x": 1, "y": 2}), edges=(("a", "b"),))
    after = {
        "nodes": [
            node("b", {"y": 2, "x": 1}, policy={"on_failure": "stop", "retry": {"max_attempts": 1}}),
            node("a", name="", join="all", credential_id=None),
        ],
        "edges": [{"source": "a", "port": "out", "target": "b"}],
    }
    assert changed(before, after) == NOTHING


def test_a_node_is_changed_by_field() -> None:
    before = node("a", {"url": "x", "headers": {"X-Key": "1", "Old": "o"}}, policy={"retry": {"max_s": 5}})
    after = node("a", {"url": "y", "headers": {"X-Key": "2"}, "body": None}, type="get")
    assert changed(graph(before), graph(after))["nodes"]["changed"] == [
        {
            "within": "",
            "id": "a",
            "changes": [
                {"path": "type", "before": "set", "after": "get"},
                {"path": "config.url", "before": "x", "after": "y"},
                {"path": 'config.headers["X-Key"]', "before": "1", "after": "2"},
                {"path": "config.headers.Old", "before": "o"},
                {"path": "config.body", "after": None},
                {"path": "policy.retry.max_s", "before": 5.0, "after": 60.0},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 1, []),
        (1, True, [{"path": "config.x", "before": 1, "after": True}]),
        (1, 1.0, [{"path": "config.x", "before": 1, "after": 1.0}]),
        ([1, 2], [1, 3], [{"path": "config.x[1]", "before": 2, "after": 3}]),
        ([{"a": 1}], [{"a": 2}], [{"path": "config.x[0].a", "before": 1, "after": 2}]),
        ([1], [1, 2], [{"path": "config.x", "before": [1], "after": [1, 2]}]),
        ({"a": 1}, [1], [{"path": "config.x", "before": {"a": 1}, "after": [1]}]),
    ],
)
def test_values_are_compared_as_they_are_written(before: Any, after: Any, expected: list[Raw]) -> None:
    assert changes(before, after) == expected


def test_a_node_that_was_only_moved_has_not_changed() -> None:
    nodes = changed(graph(node("a")), graph(node("a", position={"x": 10, "y": 0})))["nodes"]
    assert (nodes["changed"], nodes["moved"]) == ([], [{"within": "", "id": "a"}])


def test_settings_are_told_apart() -> None:
    found = changed(graph(node("a")), graph(node("a"), timeout_s=60, concurrency={"key": "k"}))
    assert [(each["path"], each["after"]) for each in found["settings"]] == [
        ("timeout_s", 60.0),
        ("concurrency", {"key": "k", "limit": 10, "when_full": "queue"}),
    ]
    assert found["nodes"] == NOTHING["nodes"]


def test_bodies_are_compared_as_graphs_with_the_way_down_to_them() -> None:
    def loop(body: Raw, **config: Any) -> Raw:
        return node("loop", {"graph": body, **config}, type="each")

    inner = graph(loop(graph(node("x", {"v": 1}), node("old"))))
    inner_after = graph(loop(graph(node("x", {"v": 2}), edges=(("x", "x"),))), max_parallel=5)
    found = changed(graph(loop(inner, items=[1])), graph(loop(inner_after, items=[2])))
    deep = "loop.graph.loop.graph"
    assert [(each["within"], each["id"]) for each in found["nodes"]["changed"]] == [(deep, "x"), ("", "loop")]
    assert found["nodes"]["changed"][1]["changes"] == [{"path": "config.items[0]", "before": 1, "after": 2}]
    assert [(each["within"], each["id"]) for each in found["nodes"]["removed"]] == [(deep, "old")]
    assert [each["within"] for each in found["edges"]["added"]] == [deep]
    assert [(each["within"], each["path"]) for each in found["settings"]] == [("loop.graph", "max_parallel")]


@pytest.mark.parametrize(
    "odd", [{}, {"nodes": []}, {"nodes": [{"id": "a"}, 5], "edges": [{}], "settings": 1}]
)
def test_a_draft_of_any_shape_can_be_compared(odd: Raw) -> None:
    after = graph(node("b"))
    assert [each["id"] for each in changed(odd, after)["nodes"]["added"]] == ["b"]
    assert changed(odd, odd) == NOTHING
