from typing import Any

import pytest

from tests.contract.nodes import Nodes

MIXED = [None, "b", 2, True, {"a": 1}, [2], 1.5, "a", False, [1, 5], {"a": 0}, None]


@pytest.mark.parametrize(
    ("items", "config", "output"),
    [
        ([3, 1, 2], {}, [1, 2, 3]),
        ([3, 1, 2], {"descending": True}, [3, 2, 1]),
        (["b", "B", "a", "é"], {}, ["B", "a", "b", "é"]),
        ([2, 10, 1.5, -1], {}, [-1, 1.5, 2, 10]),
        ([], {"by": "item.x"}, []),
        (MIXED, {}, [False, True, 1.5, 2, "a", "b", [1, 5], [2], {"a": 0}, {"a": 1}, None, None]),
        (
            MIXED,
            {"descending": True},
            [{"a": 1}, {"a": 0}, [2], [1, 5], "b", "a", 2, 1.5, True, False, None, None],
        ),
        ([5, 4, 3], {"by": "-index"}, [3, 4, 5]),
        (["aa", "b", "cc", "d"], {"by": "len(item)"}, ["b", "d", "aa", "cc"]),
        (["aa", "b", "cc", "d"], {"by": "len(item)", "descending": True}, ["aa", "cc", "b", "d"]),
    ],
)
async def test_items_are_put_in_order(nodes: Nodes, items: list[Any], config: Any, output: list[Any]) -> None:
    assert await nodes.output("sort", {"items": "{{ trigger }}", **config}, trigger=items) == output


async def test_one_field_after_another(nodes: Nodes) -> None:
    items = [{"c": "x", "n": 2}, {"c": "y", "n": 1}, {"c": "x", "n": None}, {"c": "x", "n": 1}]
    output = await nodes.output("sort", {"items": items, "by": "[item.c, item.n]"})
    assert output == [items[3], items[0], items[2], items[1]]


async def test_items_without_a_value_come_last_either_way(nodes: Nodes) -> None:
    items = [{"n": None}, {"n": 1}, {"n": 2}]
    for descending in (True, False):
        output = await nodes.output("sort", {"items": items, "by": "item.n", "descending": descending})
        assert output[-1] == {"n": None}


async def test_a_missing_field_is_named(nodes: Nodes) -> None:
    failure = await nodes.failure("sort", {"items": [{"a": 1}, {"b": 1}], "by": "item.a"})
    assert failure.code.startswith("expression")
    assert "a" in failure.message


async def test_endless_nesting_is_refused(nodes: Nodes) -> None:
    deep: Any = 1
    for _ in range(240):
        deep = {"a": deep}
    assert (await nodes.failure("sort", {"items": "{{ trigger }}"}, trigger=[deep, deep])).code == "too_deep"
