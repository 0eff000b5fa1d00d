"""What a version freezes of its nodes."""

from shared.check import check, freeze
from shared.contracts.catalog import NodeType
from shared.contracts.version import FrozenNode
from tests.unit.shared.check.graphs import Raw, each, raw_graph, raw_node


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


def using(node_id: str, text: str) -> Raw:
    """A node that uses what the text names."""
    return raw_node(node_id, config={"values": {"x": text}})


def frozen(graph: Raw, catalog: dict[str, NodeType]) -> dict[str, FrozenNode]:
    """A sound graph, frozen."""
    checked = check(graph, catalog)
    assert checked.graph, checked.problems
    return freeze(checked.graph, catalog)


def test_a_container_needs_what_its_bodies_name_of_the_graph_around_it(catalog: dict[str, NodeType]) -> None:
    body = raw_graph(
        [using("one", "{{ nodes.a }} {{ item }} {{ vars.k }}"), using("user", "{{ nodes.one }} {{ index }}")],
        "one > user",
        output="{{ nodes.b.x }}",
    )
    last = raw_graph([using("end", "{{ run.id }}")], output="{{ item.output }}")
    loop = each("loop", body, items="{{ nodes.c.rows }}", **{"finally": last})
    nodes = [raw_node("a"), raw_node("b"), raw_node("c"), loop]
    found = frozen(raw_graph(nodes, "a > b", "b > c", "c > loop"), catalog)["loop"]
    assert (found.references, found.roots) == (["a", "b", "c"], ["run", "vars"])
    assert not found.light
    inner = found.bodies["graph"]
    assert (inner["one"].references, inner["one"].roots) == (["a"], ["item", "vars"])
    assert (inner["user"].references, inner["user"].roots, inner["user"].light) == (["one"], ["index"], True)
    assert found.bodies["finally"]["end"].roots == ["run"]


def test_what_the_innermost_needs_is_at_hand_all_the_way_down(catalog: dict[str, NodeType]) -> None:
    innermost = raw_graph([using("x", "{{ nodes.far }} {{ nodes.near }} {{ trigger.x }}")])
    middle = raw_graph([raw_node("near"), each("second", innermost)], "near > second")
    first = frozen(raw_graph([raw_node("far"), each("first", middle)], "far > first"), catalog)["first"]
    second = first.bodies["graph"]["second"]
    assert (first.references, first.roots) == (["far"], ["trigger"])
    assert (second.references, second.roots) == (["far", "near"], ["trigger"])
    assert second.bodies["graph"]["x"].references == ["far", "near"]


def test_a_computed_node_in_a_body_brings_all_that_comes_before(catalog: dict[str, NodeType]) -> None:
    body = raw_graph([raw_node("b"), using("x", "{{ nodes[item] }}")], "b > x")
    nodes = [raw_node("a"), raw_node("b"), each("loop", body), raw_node("after")]
    found = frozen(raw_graph(nodes, "a > b", "b > loop", "loop > after"), catalog)["loop"]
    assert found.bodies["graph"]["x"].references == ["a", "b"]
    assert found.references == ["a"]


def test_a_container_waits_when_something_in_it_does(catalog: dict[str, NodeType]) -> None:
    other = raw_node("other", "workflow.run", {"workflow_id": "wf_2"})
    inner = each("inner", raw_graph([other]))
    found = frozen(
        raw_graph([each("waiting", raw_graph([inner])), each("not", raw_graph([raw_node("a")]))]), catalog
    )
    assert (found["waiting"].waits, found["not"].waits) == (True, False)
    run = found["waiting"].bodies["graph"]["inner"].bodies["graph"]["other"]
    assert (run.waits, run.light) == (True, False)
