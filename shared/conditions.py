"""Whether an event is to start a run: conditions on values at paths in it, which are only ever compared."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.contracts.trigger import Condition, Operator
from shared.contracts.value import from_json
from shared.mapping import ABSENT, Event, found_at


def unmet(event: Event, conditions: Sequence[Condition]) -> Condition | None:
    """The first condition that does not hold."""
    return next((each for each in conditions if not _holds(event, each)), None)


def _holds(event: Event, condition: Condition) -> bool:
    found, wanted = found_at(event, condition.path), from_json(condition.value)
    if condition.operator == "exists":
        return (found is not ABSENT) == (wanted is not False)
    if condition.operator == "not_equals":
        return found is ABSENT or not _same(found, wanted)
    return found is not ABSENT and OPERATORS[condition.operator](found, wanted)


def _same(found: Any, wanted: Any) -> bool:
    """As JSON compares: 1 is 1.0, but true is not 1."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return found == wanted


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, list):
        return any(_same(each, wanted) for each in found)
    return isinstance(wanted, str) and isinstance(found, str | dict) and wanted in found


def _both(found: Any, wanted: Any, kind: Any) -> bool:
    return all(isinstance(each, kind) and not isinstance(each, bool) for each in (found, wanted))


def _ordered(found: Any, wanted: Any) -> bool:
    return _both(found, wanted, str) or _both(found, wanted, int | float)


OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "contains": _contains,
    "starts_with": lambda found, wanted: _both(found, wanted, str) and found.startswith(wanted),
    "ends_with": lambda found, wanted: _both(found, wanted, str) and found.endswith(wanted),
    "greater": lambda found, wanted: _ordered(found, wanted) and found > wanted,
    "greater_or_equal": lambda found, wanted: _ordered(found, wanted) and found >= wanted,
    "less": lambda found, wanted: _ordered(found, wanted) and found < wanted,
    "less_or_equal": lambda found, wanted: _ordered(found, wanted) and found <= wanted,
    "in": lambda found, wanted: isinstance(wanted, list) and _contains(wanted, found),
}
"""Two values of kinds that cannot be compared do not hold; `not_equals` and `exists` also say what is
absent."""
