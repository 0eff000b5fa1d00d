"""Per-item expressions over whole lists."""

from typing import Any

import pytest

from shared.expressions import ExpressionError, evaluate_each
from shared.sandbox import Sandbox

ITEMS = [{"p": number, "name": f"n{number}"} for number in range(5)]
BINDINGS: dict[str, Any] = {"trigger": {"least": 3}, "nodes": {"a": {"x": 10}}, "item": "outer", "index": 99}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("item.p", [0, 1, 2, 3, 4]),
        ("{{ item.p >= trigger.least }}", [False, False, False, True, True]),
        ("index", [0, 1, 2, 3, 4]),
        ("index * nodes.a.x", [0, 10, 20, 30, 40]),
        ("trigger.least", [3] * 5),
        ("[item for item in item.name]", [["n", str(number)] for number in range(5)]),
        ("(lambda index: index + item.p)(1)", [1, 2, 3, 4, 5]),
    ],
)
async def test_each_item_gets_its_value(sandbox: Sandbox, expression: str, values: list[Any]) -> None:
    assert await evaluate_each(sandbox, expression, ITEMS, BINDINGS) == values


async def test_no_items_no_values(sandbox: Sandbox) -> None:
    assert await evaluate_each(sandbox, "item.p + 1", [], BINDINGS) == []
    assert await evaluate_each(sandbox, "item.p", [], BINDINGS) == []


@pytest.mark.parametrize(
    ("expression", "code", "said"),
    [
        ("item.q", "expression_missing", "item 0: `item` has no key 'q'; it has p, name"),
        ("item.q + 1", "expression_missing", "item 0: `item` has no key 'q'"),
        ("1 / (3 - item.p)", "expression_error", "item 3: ZeroDivisionError"),
        ("1 / (3 - index)", "expression_error", "item 3: ZeroDivisionError"),
        ("item.p if item.p != 4 else item.r", "expression_missing", "item 4: `item` has no key 'r'"),
        ("b'x' if index == 2 else 1", "expression_error", "item 2: "),
        ("trigger.gone + item.p", "expression_missing", "`trigger` has no key 'gone'"),
        ("vars.x + item.p", "expression_missing", "`vars` is not available"),
        ("[0] * 10 ** 9", "expression_memory", "memory"),
        ("item.", "expression_error", "ends too early"),
        ("{{ item.p }} {{ index }}", "expression_error", ""),
        ("", "expression_error", "empty"),
    ],
)
async def test_what_fails_says_for_which_item(
    sandbox: Sandbox, expression: str, code: str, said: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        await evaluate_each(sandbox, expression, ITEMS, BINDINGS)
    assert caught.value.code == code
    assert said in str(caught.value)


async def test_ten_thousand_items_take_one_call(sandbox: Sandbox) -> None:
    items = [{"p": number} for number in range(10_000)]
    assert sum(await evaluate_each(sandbox, "item.p % 2", items, BINDINGS)) == 5_000
