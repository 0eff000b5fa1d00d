from typing import Any

import pytest

from tests.contract.nodes import Nodes

PEOPLE = [{"name": "Ann", "age": 41}, {"name": "Bo", "age": 17}, {"name": "Cy", "age": None}]


@pytest.mark.parametrize(
    ("items", "where", "kept"),
    [
        (PEOPLE, "item.age is not None and item.age >= 18", PEOPLE[:1]),
        (PEOPLE, "item.name in ('Bo', 'Cy')", PEOPLE[1:]),
        (PEOPLE, "{{ index == 1 }}", PEOPLE[1:2]),
        (PEOPLE, "item.age", PEOPLE[:2]),
        ([1, 2, 3, 4], "item > trigger[0]", [2, 3, 4]),
        ([], "item > 1", []),
        ([1, "a"], "False", []),
    ],
)
async def test_items_that_hold_are_kept(nodes: Nodes, items: list[Any], where: str, kept: list[Any]) -> None:
    assert await nodes.output("filter", {"items": "{{ trigger }}", "where": where}, trigger=items) == kept


async def test_without_a_condition_empty_items_go(nodes: Nodes) -> None:
    assert await nodes.output("filter", {"items": [0, 1, "", "a", None, [], False, {}]}) == [1, "a"]


@pytest.mark.parametrize(
    ("where", "code"),
    [("item.age > 3", "expression_error"), ("item.wrong", "expression_missing"), ("while True: pass", None)],
)
async def test_an_expression_that_fails_is_a_failure(nodes: Nodes, where: str, code: str | None) -> None:
    failure = await nodes.failure("filter", {"items": PEOPLE, "where": where})
    assert failure.code.startswith("expression")
    assert code in (None, failure.code)


@pytest.mark.parametrize("items", ["text", None, {"a": 1}, 3])
async def test_only_a_list_can_be_filtered(nodes: Nodes, items: Any) -> None:
    failure = await nodes.failure("filter", {"items": "{{ trigger }}", "where": "True"}, trigger=items)
    assert failure.code == "invalid_config"
    assert "config.items" in failure.message
