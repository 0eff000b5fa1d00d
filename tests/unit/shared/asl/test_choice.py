"""Choice Rules."""

from typing import Any

import pytest

from shared.asl.choice import holds
from shared.asl.errors import StatesError

DATA: dict[str, Any] = {
    "s": "abc",
    "n": 5,
    "f": 5.0,
    "t": True,
    "no": None,
    "at": "2016-08-18T17:33:00Z",
    "list": [1],
    "o": {},
    "s2": "abd",
    "n2": 6,
    "at2": "2016-08-18T19:33:00.5+02:00",
    "empty": "",
}

RULES: list[tuple[str, str, Any, bool]] = [
    ("$.s", "StringEquals", "abc", True),
    ("$.s", "StringEquals", "ABC", False),
    ("$.n", "StringEquals", "5", False),
    ("$.s", "StringLessThan", "abd", True),
    ("$.s", "StringLessThan", "abc", False),
    ("$.s", "StringGreaterThan", "abb", True),
    ("$.s", "StringGreaterThan", "B", True),
    ("$.s", "StringLessThanEquals", "abc", True),
    ("$.s", "StringGreaterThanEquals", "abd", False),
    ("$.s", "StringEqualsPath", "$.s", True),
    ("$.s", "StringEqualsPath", "$.s2", False),
    ("$.s", "StringLessThanPath", "$.s2", True),
    ("$.s", "StringEqualsPath", "$.n", False),
    ("$.s", "StringGreaterThanEqualsPath", "$.s2", False),
    ("$.s", "StringMatches", "a*", True),
    ("$.s", "StringMatches", "*c", True),
    ("$.s", "StringMatches", "a*c", True),
    ("$.s", "StringMatches", "*", True),
    ("$.s", "StringMatches", "ab", False),
    ("$.s", "StringMatches", "a*b", False),
    ("$.s", "StringMatches", "abc", True),
    ("$.s", "StringMatches", "a.c", False),
    ("$.n", "StringMatches", "*", False),
    ("$.s", "StringMatches", r"a\*c", False),
    ("$.empty", "StringMatches", "*", True),
    ("$.n", "NumericEquals", 5, True),
    ("$.n", "NumericEquals", 5.0, True),
    ("$.f", "NumericEquals", 5, True),
    ("$.s", "NumericEquals", 5, False),
    ("$.t", "NumericEquals", 1, False),
    ("$.n", "NumericLessThan", 6, True),
    ("$.n", "NumericLessThan", 5, False),
    ("$.n", "NumericGreaterThan", 4.9, True),
    ("$.n", "NumericLessThanEquals", 5, True),
    ("$.n", "NumericGreaterThanEquals", 6, False),
    ("$.n", "NumericLessThanPath", "$.n2", True),
    ("$.n", "NumericGreaterThanPath", "$.n2", False),
    ("$.n", "NumericEqualsPath", "$.f", True),
    ("$.n", "NumericLessThanEqualsPath", "$.n", True),
    ("$.t", "BooleanEquals", True, True),
    ("$.t", "BooleanEquals", False, False),
    ("$.n", "BooleanEquals", True, False),
    ("$.t", "BooleanEqualsPath", "$.t", True),
    ("$.no", "BooleanEquals", False, False),
    ("$.at", "TimestampEquals", "2016-08-18T19:33:00+02:00", True),
    ("$.at", "TimestampEquals", "2016-08-18T17:33:00.000Z", True),
    ("$.at", "TimestampLessThan", "2016-08-18T17:33:00.001Z", True),
    ("$.at", "TimestampLessThan", "2016-08-18T17:33:00Z", False),
    ("$.at", "TimestampGreaterThan", "2016-01-01T00:00:00Z", True),
    ("$.at", "TimestampLessThanPath", "$.at2", True),
    ("$.at", "TimestampGreaterThanEqualsPath", "$.at2", False),
    ("$.at", "TimestampLessThanEquals", "2016-08-18T17:33:00Z", True),
    ("$.s", "TimestampEquals", "2016-08-18T17:33:00Z", False),
    ("$.at", "StringEquals", "2016-08-18T17:33:00Z", True),
    ("$.no", "IsNull", True, True),
    ("$.s", "IsNull", True, False),
    ("$.s", "IsNull", False, True),
    ("$.s", "IsPresent", True, True),
    ("$.x", "IsPresent", True, False),
    ("$.x", "IsPresent", False, True),
    ("$.s", "IsPresent", False, False),
    ("$.no", "IsPresent", True, True),
    ("$.n", "IsNumeric", True, True),
    ("$.t", "IsNumeric", True, False),
    ("$.s", "IsNumeric", False, True),
    ("$.s", "IsString", True, True),
    ("$.o", "IsString", True, False),
    ("$.t", "IsBoolean", True, True),
    ("$.n", "IsBoolean", True, False),
    ("$.at", "IsTimestamp", True, True),
    ("$.s", "IsTimestamp", True, False),
    ("$.n", "IsTimestamp", False, True),
    ("$$.Execution.Name", "StringEquals", "run_1", True),
    ("$.list[0]", "NumericEquals", 1, True),
    ("$.list[*]", "NumericEquals", 1, False),
]
YES: dict[str, Any] = {"Variable": "$.n", "NumericEquals": 5}
NO: dict[str, Any] = {"Variable": "$.n", "NumericEquals": 6}
LOST: dict[str, Any] = {"Variable": "$.x", "NumericEquals": 6}
CONTEXT = {"Execution": {"Name": "run_1"}}


@pytest.mark.parametrize(("variable", "operator", "operand", "expected"), RULES)
def test_a_rule_compares(variable: str, operator: str, operand: Any, *, expected: bool) -> None:
    assert holds({"Variable": variable, operator: operand, "Next": "X"}, DATA, CONTEXT) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"And": [YES, YES]}, True),
        ({"And": [YES, NO]}, False),
        ({"And": [NO, LOST]}, False),
        ({"Or": [NO, YES]}, True),
        ({"Or": [YES, LOST]}, True),
        ({"Or": [NO, NO]}, False),
        ({"Not": YES}, False),
        ({"Not": {"And": [YES, {"Or": [NO, {"Not": NO}]}]}}, False),
    ],
)
def test_rules_combine_and_stop_where_the_answer_is_sure(rule: dict[str, Any], *, expected: bool) -> None:
    assert holds(rule, DATA, CONTEXT) is expected


@pytest.mark.parametrize(
    "rule",
    [
        LOST,
        {"Variable": "$.x", "IsNull": True},
        {"Variable": "$.x", "IsString": True},
        {"Not": LOST},
        {"Variable": "$.n", "NumericEqualsPath": "$.x"},
    ],
)
def test_a_variable_that_leads_nowhere_fails(rule: dict[str, Any]) -> None:
    with pytest.raises(StatesError) as failed:
        holds(rule, DATA, CONTEXT)
    assert failed.value.name == "States.Runtime"


def test_many_stars_are_quick() -> None:
    rule = {"Variable": "$", "StringMatches": "*a" * 500 + "b"}
    assert not holds(rule, "a" * 100_000, {})
