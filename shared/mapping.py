"""From a trigger's event to a run's input, and whether it is to start one: by paths, evaluating nothing.

An event is a plain value. A path begins with one of its keys (`body.order.items[0].sku`,
`headers["x-shop"]`), with or without `{{ }}` around it; `event` is all of it."""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shared.contracts.trigger import Condition, Mapped, Operator
from shared.contracts.value import from_json
from shared.expressions.paths import Miss, Path, find, path_in
from shared.expressions.templates import CLOSE, OPEN

Event = Mapping[str, Any]

MAX_PATH_CHARS = 500
ABSENT = object()


class PathError(ValueError):
    """A text is no path."""


@lru_cache(4096)
def path_of(text: str) -> Path:
    """The path that a text is; raises PathError."""
    if len(text) > MAX_PATH_CHARS:
        raise PathError(f"a path may have at most {MAX_PATH_CHARS} characters")
    stripped = text.strip()
    if stripped.startswith(OPEN) and stripped.endswith(CLOSE):
        stripped = stripped[len(OPEN) : -len(CLOSE)].strip()
    try:
        found = path_in(ast.parse(stripped, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if found is None:
        raise PathError(
            f"{text[:100]!r} is no path such as body.items[0].sku; a key that is no plain word stands in "
            'brackets: headers["x-shop"]'
        )
    return found


def mapped(event: Event, mapping: Sequence[Mapped] | None) -> Any:
    """The input that a trigger makes of an event; where a path leads nowhere there is null."""
    if mapping is None:
        return dict(event)
    found = {each.key: value_at(event, each.path) for each in mapping}
    return {key: None if value is ABSENT else value for key, value in found.items()}


def unmet(event: Event, conditions: Sequence[Condition]) -> Condition | None:
    """The first condition that does not hold."""
    return next((each for each in conditions if not _holds(event, each)), None)


def _holds(event: Event, condition: Condition) -> bool:
    found, wanted = value_at(event, condition.path), from_json(condition.value)
    if condition.operator == "exists":
        return (found is not ABSENT) == (wanted is not False)
    if condition.operator == "not_equals":
        return found is ABSENT or not _same(found, wanted)
    return found is not ABSENT and OPERATORS[condition.operator](found, wanted)


def value_at(event: Event, text: str) -> Any:
    """What is found at a path; ABSENT where it leads nowhere."""
    try:
        return find(path_of(text), {**event, "event": event})
    except Miss:
        return ABSENT


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
