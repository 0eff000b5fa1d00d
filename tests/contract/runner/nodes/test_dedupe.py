from typing import Any

import pytest

from tests.contract.nodes import Nodes

ROWS = [
    {"id": 1, "v": "a"},
    {"id": 2, "v": "b"},
    {"id": 1.0, "v": "c"},
    {"id": None, "v": "d"},
    {"id": None, "v": "e"},
]


@pytest.mark.parametrize(
    ("items", "by", "output"),
    [
        ([1, 2, 1, 3, 2], None, [1, 2, 3]),
        ([1, True, "1", 1.0, None, None, 0, False], None, [1, True, "1", None, 0, False]),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}], None, [{"a": 1, "b": 2}, {"a": 1}]),
        ([[1, 2], [2, 1], [1, 2]], None, [[1, 2], [2, 1]]),
        (ROWS, "item.id", [ROWS[0], ROWS[1], ROWS[3]]),
        (["Ann", "ANN", "bo"], "item.lower()", ["Ann", "bo"]),
        (["a", "b", "c"], "'same'", ["a"]),
        ([], "item.x", []),
    ],
)
async def test_the_first_of_the_same_stays(
    nodes: Nodes, items: list[Any], by: str | None, output: list[Any]
) -> None:
    config = {"items": "{{ trigger }}"} | ({"by": by} if by else {})
    assert await nodes.output("dedupe", config, trigger=items) == output
