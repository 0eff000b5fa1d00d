"""Configs against their type's schema."""

from typing import Any

import pytest

from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import found, raw_graph, raw_node, said


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        ({"items": [1], "where": "item > 1"}, []),
        ({"items": "{{ trigger.x }}", "where": "1", "count": "{{ 1 }}", "mode": "{{ 'keep' }}"}, []),
        ({"items": [], "where": "1", "by": "{{ trigger.by }}"}, []),
        ({"items": [], "where": "1", "by": {"a": "{{ 1 }}"}}, []),
        ({"items": [], "where": "1", "by": [{"port": "{{ 'a' }}", "equals": 1}]}, []),
        ({"where": "1"}, [("items", "required")]),
        ({}, [("items", "required"), ("where", "required")]),
        ({"items": 5, "where": "1"}, [("items", "invalid")]),
        ({"items": [], "where": 5}, [("where", "invalid")]),
        ({"items": [], "where": "1", "count": "many"}, [("count", "invalid")]),
        ({"items": [], "where": "1", "mode": "kep"}, [("mode", "invalid")]),
        ({"items": [], "where": "1", "itms": 1}, [("itms", "unknown_key")]),
        ({"items": [], "where": "1", "by": 5}, [("by", "invalid")]),
        ({"items": [], "where": "1", "by": [{"port": 5, "equals": 1}]}, [("by[0].port", "invalid")]),
        ({"items": [], "where": "1", "by": {"a b": "x"}}, [('by["a b"]', "invalid")]),
    ],
)
def test_a_config_fits_its_schema_or_says_where_not(
    config: dict[str, Any], problems: list[tuple[str, str]], catalog: dict[str, NodeType]
) -> None:
    expected = [(f"nodes[0].config.{path}", code) for path, code in problems]
    assert found(raw_graph([raw_node("a", "rows", config)]), catalog) == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"items": [], "where": "1", "wher": 1}, "`wher` is not known here; did you mean `where`?"),
        ({"items": [], "where": "1", "mode": "kep"}, "'kep' is none of: 'keep', 'drop'"),
        ({"items": [], "where": "1", "count": "many"}, "'many' is none of: integer, null"),
        ({"items": [], "where": "1", "by": 5}, "5 is none of: array, object"),
    ],
)
def test_the_message_says_what_may_be(
    config: dict[str, Any], message: str, catalog: dict[str, NodeType]
) -> None:
    assert message in said(raw_graph([raw_node("a", "rows", config)]), catalog)
