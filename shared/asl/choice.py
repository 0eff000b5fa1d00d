"""Choice Rules: whether one holds for the data."""

import operator
import re
from collections.abc import Callable
from typing import Any

from shared.asl.errors import RUNTIME, StatesError
from shared.asl.numbers import is_number
from shared.asl.paths import PathMissing, read
from shared.asl.times import moment, moment_or_none

Rule = dict[str, Any]
BOOLEAN = ("And", "Or", "Not")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_KINDS = {
    "String": lambda value: value if isinstance(value, str) else None,
    "Numeric": lambda value: value if is_number(value) else None,
    "Boolean": lambda value: value if isinstance(value, bool) else None,
    "Timestamp": moment_or_none,
}
"""What of a value can be compared, None for a value of another kind."""
_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: moment_or_none(value) is not None,
}
_COMPARISONS = {
    f"{kind}{how}"
    for kind in _KINDS
    for how in (_COMPARED if kind != "Boolean" else ("Equals",))
}  # fmt: skip
OPERATORS = frozenset(
    {"IsPresent", "StringMatches", *_TESTS, *_COMPARISONS, *(f"{name}Path" for name in _COMPARISONS)}
)
_NAMED = re.compile(rf"({'|'.join(_KINDS)})({'|'.join(_COMPARED)})")


def holds(rule: Rule, data: Any, context: dict[str, Any]) -> bool:
    """Whether a rule holds; raises StatesError `States.Runtime` where its variable leads nowhere."""
    if "And" in rule:
        return all(holds(each, data, context) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, data, context) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, context)
    name = operator_of(rule)
    try:
        value = read(rule["Variable"], data, context)
    except PathMissing as error:
        if name == "IsPresent":
            return rule[name] is False
        raise StatesError(RUNTIME, f"Invalid path '{rule['Variable']}': {error}") from error
    return _test(name, value, rule[name], data, context)


def operator_of(rule: Rule) -> str:
    """The one comparison operator of a rule; raises StatesError when there is none."""
    found = [name for name in rule if name in OPERATORS]
    if len(found) != 1:
        raise StatesError(RUNTIME, f"a Choice Rule needs one comparison operator, and this has {len(found)}")
    return found[0]


def matches(text: Any, pattern: str) -> bool:
    """Whether a string fits a pattern, in which `*` stands for any characters and `\\*` for a star."""
    if not isinstance(text, str):
        return False
    first, *rest = _between_stars(pattern)
    if not rest:
        return text == first
    last = rest.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _test(name: str, value: Any, wanted: Any, data: Any, context: dict[str, Any]) -> bool:
    if name == "IsPresent":
        return bool(wanted)
    if name in _TESTS:
        return _TESTS[name](value) == wanted
    if name.endswith("Path"):
        name, wanted = name.removesuffix("Path"), read(wanted, data, context)
    elif name.startswith("Timestamp"):
        moment(wanted)
    if name == "StringMatches":
        return matches(value, wanted)
    named = _NAMED.fullmatch(name)
    assert named
    left, right = _KINDS[named[1]](value), _KINDS[named[1]](wanted)
    return left is not None and right is not None and _COMPARED[named[2]](left, right)


def _between_stars(pattern: str) -> list[str]:
    """The literal parts of a pattern, without their backslashes."""
    parts = [""]
    for each in re.findall(r"\\[\\*]|.", pattern, re.DOTALL):
        if each == "*":
            parts.append("")
        else:
            parts[-1] += each[-1]
    return parts
