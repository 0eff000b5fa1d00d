"""From events to inputs, and which events count."""

from typing import Any

import pytest

from shared.contracts.trigger import Condition, Mapped, Operator
from shared.contracts.value import to_json
from shared.mapping import PathError, mapped, path_of, unmet

EVENT = {
    "headers": {"x-shop": "north"},
    "body": {"kind": "order", "total": 99.5, "paid": True, "items": [{"sku": "a"}, {"sku": "b"}],
             "note": None, "$ne": 1, "a.b": 2, "a[0]": 3},
}  # fmt: skip


def holds(path: str, operator: Operator, value: Any = None) -> bool:
    """Whether the event meets the condition."""
    return unmet(EVENT, [Condition(path=path, operator=operator, value=to_json(value))]) is None


def test_an_input_is_made_of_what_paths_lead_to() -> None:
    paths = {
        "sku": "body.items[1].sku",
        "last": "{{ body.items[-1].sku }}",
        "shop": 'headers["x-shop"]',
        "$odd": 'body["$ne"]',
        "dots": 'body["a.b"]',
        "brackets": 'body["a[0]"]',
        "gone": "body.customer.id",
        "beyond": "body.items[7].sku",
        "all": "event",
    }
    found = mapped(EVENT, [Mapped(key=key, path=path) for key, path in paths.items()])
    assert list(found.values()) == ["b", "b", "north", 1, 2, 3, None, None, EVENT]
    assert list(found) == list(paths)
    assert mapped(EVENT, None) == EVENT


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


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a + b", "a(", "f(x)", "a[b]", "a[0:1]", "a if b else c", "__import__('os')",
     "{{ a }} {{ b }}", "a." * 300, "(" * 400, "[" * 499, "a\x00", "'a'", "1", "lambda: 0", "{{", "x" * 501],
)  # fmt: skip
def test_nothing_but_a_path_is_taken(text: str) -> None:
    with pytest.raises(PathError):
        path_of(text)


def test_the_insides_of_python_are_not_to_be_reached() -> None:
    inside = [Mapped(key="a", path="body.__class__.__mro__"), Mapped(key="b", path="body.items.append")]
    assert mapped(EVENT, inside) == {"a": None, "b": None}
