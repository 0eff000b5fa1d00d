"""Which events count."""

from typing import Any

import pytest

from shared.conditions import unmet
from shared.contracts.trigger import Condition, Operator
from shared.contracts.value import to_json
from tests.unit.shared.test_mapping import EVENT


def holds(path: str, operator: Operator, value: Any = None) -> bool:
    """Whether the event meets the condition."""
    return unmet(EVENT, [Condition(path=path, operator=operator, value=to_json(value))]) is None


@pytest.mark.parametrize(
    ("path", "operator", "value"),
    [
        ("body.kind", "equals", "order"),
        ("body.total", "equals", 99.5),
        ("body.items", "equals", [{"sku": "a"}, {"sku": "b"}]),
        ("body.kind", "not_equals", "refund"),
        ("body.gone", "not_equals", "order"),
        ("body.kind", "contains", "rde"),
        ("body.items", "contains", {"sku": "a"}),
        ("body", "contains", "kind"),
        ("body.kind", "starts_with", "ord"),
        ("body.kind", "ends_with", "der"),
        ("body.total", "greater", 99),
        ("body.total", "greater_or_equal", 99.5),
        ("body.total", "less", 100),
        ("body.kind", "less_or_equal", "order"),
        ("body.note", "exists", True),
        ("body.gone", "exists", False),
        ("body.kind", "in", ["refund", "order"]),
    ],
)
def test_conditions_that_hold(path: str, operator: Operator, value: Any) -> None:
    assert holds(path, operator, value)


@pytest.mark.parametrize(
    ("path", "operator", "value"),
    [
        ("body.paid", "equals", 1),
        ("body.kind", "equals", {"$ne": ""}),
        ("body.gone", "equals", None),
        ("body.gone", "exists", True),
        ("body.note", "exists", False),
        ("body.total", "greater", "1"),
        ("body.paid", "greater", 0),
        ("body.total", "contains", "9"),
        ("body.kind", "contains", 1),
        ("body.gone", "less", 1),
        ("body.kind", "in", []),
        ("body.paid", "in", [1]),
        ("body.total", "starts_with", "9"),
    ],
)
def test_conditions_that_do_not_hold(path: str, operator: Operator, value: Any) -> None:
    assert not holds(path, operator, value)


def test_all_conditions_have_to_hold_and_the_first_that_does_not_is_named() -> None:
    conditions = [
        Condition(path="body.paid", operator="equals", value="true"),
        Condition(path="body.total", operator="greater", value="1000"),
    ]
    assert unmet(EVENT, conditions) == conditions[1]
    assert unmet(EVENT, []) is None
