"""What a version freezes of its nodes."""

from shared.check import check, freeze
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import raw_graph, raw_node


def test_pool_ports_side_effects_and_references_are_frozen(catalog: dict[str, NodeType]) -> None:
    switch = {"value": "{{ trigger.x }}", "cases": [{"port": "one", "equals": "{{ vars.y }}"}]}
    graph = raw_graph(
        [
            raw_node("get", "request"),
            raw_node("post", "request", {"method": "POST"}, policy={"on_failure": "port"}),
            raw_node("switch", "cases", switch),
            raw_node("any", config={"values": {"x": "{{ nodes[run.id] }}"}}),
            raw_node("rows", "rows", {"items": "{{ nodes.get.rows }}", "where": "item.n > nodes.post.n"}),
        ],
        *("get > post", "post > switch", "switch:one > any", "switch:default > rows"),
    )
    checked = check(graph, catalog)
    assert checked.graph
    frozen = freeze(checked.graph, catalog)
    assert {name: each.pool for name, each in frozen.items()} == {
        **{"get": "http", "post": "http", "switch": "core", "any": "core", "rows": "core"}
    }
    assert [each.side_effects for each in frozen.values()] == ["repeatable", "once", "none", "none", "none"]
    assert frozen["post"].ports == ["out", "failure"]
    assert frozen["switch"].ports == ["one", "default"]
    assert frozen["switch"].roots == ["trigger", "vars"]
    assert frozen["any"].references == ["get", "post", "switch"]
    assert frozen["any"].roots == ["run"]
    assert frozen["rows"].references == ["get", "post"]
    assert frozen["rows"].roots == []
