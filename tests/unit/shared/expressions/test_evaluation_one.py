"""A single expression that stands by itself."""

from typing import Any

import pytest

from shared.expressions import ExpressionError, evaluate_one
from shared.sandbox import Sandbox

BINDINGS: dict[str, Any] = {"item": {"n": 2}, "index": 4, "nodes": {"a": {"x": 10}}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [("item.n", 2), ("{{ item.n < index }}", True), ("item.n + nodes.a.x", 12), ("{'a': 1}['a']", 1)],
)
async def test_it_has_a_value(sandbox: Sandbox, expression: str, value: Any) -> None:
    assert await evaluate_one(sandbox, expression, BINDINGS) == value


@pytest.mark.parametrize(
    ("expression", "code", "said"),
    [
        ("item.m", "expression_missing", "`item` has no key 'm'; it has n"),
        ("item.m + 1", "expression_missing", "`item` has no key 'm'"),
        ("item.n + 'a'", "expression_error", "TypeError"),
        ("trigger", "expression_missing", "not available here"),
        ("item.", "expression_error", "ends too early"),
        ("{{ item.n }} {{ index }}", "expression_error", ""),
    ],
)
async def test_what_fails_says_why(sandbox: Sandbox, expression: str, code: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        await evaluate_one(sandbox, expression, BINDINGS)
    assert caught.value.code == code
    assert said in str(caught.value)
