"""Looking up paths, which evaluates nothing."""

from typing import Any

import pytest

from shared.expressions import ExpressionError, lookup, path

BINDINGS: dict[str, Any] = {
    "trigger": {
        **{"name": "Ada", "none": None, "rows": [{"n": 1}, {"n": 2}]},
        **{"count": 3, "empty": {}, "yes": True},
    },
    "nodes": {"a-b": {"x y": 5}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ trigger.name }}", "Ada"),
        ("{{ trigger.none }}", None),
        ("{{ trigger.rows[1].n }}", 2),
        ("{{ trigger.rows[-2].n }}", 1),
        ("{{ trigger.name[0] }}", "A"),
        ('{{ nodes["a-b"]["x y"] }}', 5),
    ],
)
def test_a_path_leads_to_its_value(text: str, value: Any) -> None:
    assert lookup(path(text), BINDINGS) == value


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{{ trigger.nam }}", "expression_missing", "no key 'nam'; it has name, none, rows, count"),
        ("{{ trigger.empty.x }}", "expression_missing", "`trigger.empty` has no key 'x'; it is empty"),
        ("{{ trigger.rows[2] }}", "expression_missing", "`trigger.rows` has 2 elements, so there is no [2]"),
        ("{{ trigger.rows[-3] }}", "expression_missing", "there is no [-3]"),
        ("{{ trigger.name[9] }}", "expression_missing", "has 3 characters"),
        ("{{ trigger[0] }}", "expression_missing", "has no key 0"),
        ("{{ trigger.rows.n }}", "expression_error", "`trigger.rows` is a list"),
        ("{{ trigger.none.x }}", "expression_error", "`trigger.none` is null"),
        ("{{ trigger.count.x }}", "expression_error", "is a number"),
        ("{{ trigger.yes.x }}", "expression_error", "is true"),
        ("{{ trigger.name.x }}", "expression_error", "is a text"),
        ("{{ nodes.gone.x }}", "expression_missing", "node 'gone' has no output"),
        ("{{ item.x }}", "expression_missing", "`item` is not available here"),
    ],
)
def test_a_path_that_leads_nowhere_says_how_far_it_leads(text: str, code: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        lookup(path(text), BINDINGS)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_of_many_keys_a_few_are_shown() -> None:
    with pytest.raises(ExpressionError, match=r"k0, k1, .* and 92 more"):
        lookup(path("{{ trigger.x }}"), {"trigger": {f"k{number}": number for number in range(100)}})
