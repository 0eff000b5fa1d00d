"""Choice Rules."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.asl.faults import Failed

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, two: one == two,
    "LessThan": lambda one, two: one < two,
    "GreaterThan": lambda one, two: one > two,
    "LessThanEquals": lambda one, two: one <= two,
    "GreaterThanEquals": lambda one, two: one >= two,
}
NOT_OPERATORS = {"Variable", "Next", "Comment"}
Read = Callable[[str], Any]


def holds(rule: dict[str, Any], read: Read) -> bool:
    """Whether a rule holds. Raises Failed where its Variable is not there."""
    if "And" in rule:
        return all(holds(each, read) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, read) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], read)
    operator = next(name for name in rule if name not in NOT_OPERATORS)
    operand = rule[operator]
    if operator == "IsPresent":
        return _there(rule["Variable"], read) is operand
    value = _read(rule["Variable"], read)
    if operator.startswith("Is"):
        return _is(operator[2:], value) is operand
    if operator.endswith("Path"):
        operator, operand = operator[:-4], _read(operand, read)
    if operator == "StringMatches":
        return isinstance(value, str) and bool(re.fullmatch(_pattern(operand), value, re.DOTALL))
    kind = next(name for name in ("String", "Numeric", "Boolean", "Timestamp") if operator.startswith(name))
    one, two = _as(kind, value), _as(kind, operand)
    return one is not None and two is not None and ORDERS[operator.removeprefix(kind)](one, two)


def _read(path: str, read: Read) -> Any:
    try:
        return read(path)
    except LookupError as error:
        raise Failed("States.Runtime", f"Invalid path {path!r}") from error


def _there(path: str, read: Read) -> bool:
    try:
        read(path)
    except LookupError:
        return False
    return True


def _is(kind: str, value: Any) -> bool:
    number = type(value) in (int, float)
    whether = {"Null": value is None, "Numeric": number, "String": isinstance(value, str)}
    whether |= {"Boolean": type(value) is bool, "Timestamp": _as("Timestamp", value) is not None}
    return whether[kind]


def _as(kind: str, value: Any) -> Any:
    if kind == "String":
        return value if isinstance(value, str) else None
    if kind == "Numeric":
        return value if type(value) in (int, float) else None
    if kind == "Boolean":
        return value if type(value) is bool else None
    if not isinstance(value, str) or not STAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _pattern(text: str) -> str:
    parts = re.findall(r"\\(.)|(\*)|([^*])", text, re.DOTALL)
    return "".join(".*" if star else re.escape(escaped or plain) for escaped, star, plain in parts)
