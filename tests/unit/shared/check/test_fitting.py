"""Expressions whose value cannot be there, or cannot be what the field takes."""

from typing import Any

import pytest

from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import found, raw_graph, raw_node, said

CASE = {"port": "{{ nodes.page }}", "equals": "{{ nodes.page }}"}


def taking(config: dict[str, Any], **policy: Any) -> dict[str, Any]:
    """A `page` and a `table` before a node with this config."""
    before = [raw_node("page", "page", policy=policy), raw_node("table", "table"), raw_node("any")]
    nodes = [*before, raw_node("taker", "take", config)]
    return raw_graph(nodes, "page > table", "table > any", "any > taker")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"number": "{{ nodes.page.status }}"}, None),
        ({"number": "{{ nodes.page.headers.age }}"}, None),  # a text that may read as a number
        ({"number": "{{ nodes.page.body }}"}, None),
        ({"number": "{{ nodes.any }}"}, None),
        ({"number": "{{ len(nodes.page) }}"}, None),
        ({"number": "{{ nodes.page }}"}, ("number", "type_mismatch")),
        ({"number": "{{ nodes.page.links }}"}, ("number", "type_mismatch")),
        ({"number": "{{ nodes.table }}"}, None),  # may be null
        ({"number": "{{ nodes.table[0].x }}"}, None),
        ({"rows": "{{ nodes.table }}"}, None),
        ({"rows": "{{ nodes.page.headers }}"}, ("rows", "type_mismatch")),
        ({"rows": "{{ nodes.page.status }}"}, ("rows", "type_mismatch")),
        ({"rows": "{{ nodes.page.links[0] }}"}, ("rows", "type_mismatch")),
        ({"text": "{{ nodes.page.status }}"}, None),
        ({"text": "{{ nodes.page.links }}"}, ("text", "type_mismatch")),
        ({"text": "these: {{ nodes.page.links }}"}, None),
        ({"written": "{{ nodes.page.links }}"}, None),
        ({"anything": "{{ nodes.page.links }}"}, None),
        ({"nested": {"a": "{{ nodes.page.links }}"}}, None),
        ({"nested": {"a": "{{ nodes.page }}"}}, ("nested.a", "type_mismatch")),
        ({"nested": {"a": [CASE]}}, ("nested.a[0].port", "type_mismatch")),
        ({"anything": "{{ nodes.page.links.x }}"}, ("anything", "unknown_output")),
        ({"anything": "{{ nodes.page.statsu }}"}, ("anything", "unknown_output")),
        ({"anything": "{{ nodes.page[0] }}"}, ("anything", "unknown_output")),
        ({"anything": "{{ nodes.page.headers['X-Any'] }}"}, None),
        ({"anything": "{{ nodes.page.body.deep[3].x }}"}, None),
        ({"text": "got {{ nodes.page.statsu }}"}, ("text", "unknown_output")),
        ({"anything": "{{ 'x' in nodes.page and nodes.page.x }}"}, None),
    ],
)  # fmt: skip
def test_a_path_must_lead_to_what_the_field_takes(
    config: dict[str, Any], problem: tuple[str, str] | None, catalog: dict[str, NodeType]
) -> None:
    expected = [(f"nodes[3].config.{problem[0]}", problem[1])] if problem else []
    assert found(taking(config), catalog) == expected


@pytest.mark.parametrize("policy", [{"on_failure": "continue"}, {"on_failure": "port"}, {"pinned_output": 5}])
def test_an_output_that_may_be_something_else_is_not_judged(
    policy: dict[str, Any], catalog: dict[str, NodeType]
) -> None:
    assert (
        found(taking({"number": "{{ nodes.page }}", "text": "{{ nodes.page.x }}"}, **policy), catalog) == []
    )


def test_nor_is_the_output_of_a_type_with_a_port_for_failures(catalog: dict[str, NodeType]) -> None:
    nodes = [raw_node("a", "attempt"), raw_node("b", "take", {"text": "{{ nodes.a.message }}"})]
    assert found(raw_graph(nodes, "a:failure > b"), catalog) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"number": "{{ nodes.page }}"}, "`nodes.page` is an object, and an integer or null is needed here"),
        ({"anything": "{{ nodes.page.statsu }}"}, "`nodes.page` has no `statsu`; did you mean `status`?"),
        (
            {"anything": "{{ nodes.page.xyz }}"},
            "`nodes.page` has no `xyz`; it has status, links, headers, body",
        ),
        ({"anything": "{{ nodes.page.links.x }}"}, "`nodes.page.links` is a list, so it has no 'x'"),
    ],
)
def test_the_message_says_what_there_is(
    config: dict[str, Any], message: str, catalog: dict[str, NodeType]
) -> None:
    assert message in said(taking(config), catalog)


def test_the_output_of_a_run_must_be_there_too(catalog: dict[str, NodeType]) -> None:
    graph = raw_graph([raw_node("page", "page")], output="{{ nodes.page.nothing }}")
    assert found(graph, catalog) == [("settings.output", "unknown_output")]
