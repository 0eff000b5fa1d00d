"""What expressions name: nodes that are there and come before, items where there are some, paths."""

from typing import Any

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import each, found, raw_graph, raw_node


def with_b(value: Any, where: str = "1") -> dict[str, Any]:
    """a > b > c with this in b's config."""
    b = raw_node("b", "rows", {"items": value, "where": where})
    return raw_graph([raw_node("a"), b, raw_node("c")], "a > b", "b > c")


@pytest.mark.parametrize(
    ("value", "code", "offset"),
    [
        ("{{ nodes.a.x }}", None, None),
        ("{{ nodes[trigger.x] }}", None, None),
        ("{{ nodes.d }}", "unknown_node", 3),
        ("x {{ 1 }} {{ nodes.b }}", "not_upstream", 13),
        ("{{ nodes.c }}", "not_upstream", 3),
        ("{{ item.x }}", "expression_name", 3),
        ("{{ index }}", "expression_name", 3),
        ("{{ [item for item in nodes.a] }}", None, None),
        ("{{ nodez.a }}", "expression_name", 3),
        ("{{ 1 + }}", "expression_syntax", 6),
        ("{{ nodes.a", "expression_syntax", 0),
    ],
)
def test_what_an_expression_names_must_be_there(
    value: str, code: str | None, offset: int | None, catalog: dict[str, NodeType]
) -> None:
    problems = [(each.path, each.code, each.offset) for each in check(with_b(value), catalog).problems]
    assert problems == ([("nodes[1].config.items", code, offset)] if code else [])


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("item.x > nodes.a.y and index < 3", None),
        ("{{ item.x }}", None),
        ("item.x > nodes.c.y", "not_upstream"),
        ("item.", "expression_syntax"),
        ("{{ item }} {{ index }}", "expression_syntax"),
    ],
)
def test_a_per_item_field_is_one_expression(
    where: str, code: str | None, catalog: dict[str, NodeType]
) -> None:
    assert found(with_b([], where), catalog) == ([("nodes[1].config.where", code)] if code else [])


def test_in_the_body_of_a_container_there_is_an_item(catalog: dict[str, NodeType]) -> None:
    body = {**with_b("{{ item.x }}"), "settings": {"output": "{{ item.x }}"}}
    assert found(raw_graph([each("loop", body)]), catalog) == []
    at_the_container = each("loop", with_b(1), items="{{ item.x }}")
    assert found(raw_graph([at_the_container]), catalog)[0] == ("nodes[0].config.items", "expression_name")


def test_braces_in_program_text_mean_nothing(catalog: dict[str, NodeType]) -> None:
    assert found(raw_graph([raw_node("a", "program", {"code": "f'{{ {nodes.z} }}'"})]), catalog) == []


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({"output": "{{ nodes.a.x[0] }}"}, []),
        ({"output": "{{ trigger }}"}, []),
        ({"output": "nodes.a"}, [("settings.output", "not_a_path")]),
        ({"output": "{{ nodes.a + 1 }}"}, [("settings.output", "not_a_path")]),
        ({"output": "{{ nodes }}"}, [("settings.output", "not_a_path")]),
        ({"output": "{{ item.x }}"}, [("settings.output", "not_a_path")]),
        ({"output": "{{ nodes.z }}"}, [("settings.output", "unknown_node")]),
        ({"concurrency": {"key": "default"}}, []),
        ({"concurrency": {"key": "{{ trigger.customer }}"}}, []),
        ({"concurrency": {"key": "{{ nodes.a }}"}}, [("settings.concurrency.key", "not_a_path")]),
        ({"concurrency": {"key": "c-{{ trigger.x }}"}}, [("settings.concurrency.key", "not_a_path")]),
    ],
)
def test_the_settings_hold_paths(
    settings: dict[str, Any], problems: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    assert found(raw_graph([raw_node("a")], **settings), catalog) == problems
