"""How node types order, compare and name values, whatever mixture of JSON types a list holds."""

import math
from typing import Any, TypeVar

from shared.contracts.value import to_json
from shared.nodes import NodeFailed

MAX_DEPTH = 200
MAX_ROWS = 1_000_000
LARGEST_INTEGER = 2**64 - 1
SMALLEST_INTEGER = -(2**63)

T = TypeVar("T")


def order_key(value: Any, depth: int = 0) -> tuple[Any, ...]:
    """A sortable and hashable stand-in: booleans, numbers, texts, lists, objects, null.

    Equal for values that are equal as JSON: 1 and 1.0 are, 1 and true are not. Fails when nested too deep."""
    if depth > MAX_DEPTH:
        raise NodeFailed(
            "too_deep", f"A value is nested more than {MAX_DEPTH} levels deep and cannot be compared."
        )
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (5,)
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, list):
        return (3, tuple([order_key(element, depth + 1) for element in value]))
    if isinstance(value, dict):
        return (4, tuple(sorted([(str(key), order_key(value[key], depth + 1)) for key in value])))
    return (2, str(value))


def sorted_by(items: list[T], keys: list[Any], *, descending: bool = False) -> list[T]:
    """The items in the order of their keys; stable, and items whose key is null come last either way."""
    ranked = [(order_key(key), position) for position, key in enumerate(keys) if key is not None]
    ranked.sort(key=lambda pair: pair[0], reverse=descending)
    without = [item for item, key in zip(items, keys, strict=True) if key is None]
    return [*(items[position] for _, position in ranked), *without]


def described(value: Any) -> str:
    """What a value is, for a message to a person: `text 'abc'`, `a list of 3`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object with {len(value)} keys"
    text = str(value)
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"text {shown!r}"


def as_text(value: Any) -> str:
    """A value as it reads within text: text as it is, null as nothing, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else to_json(value)
    except TypeError as error:
        raise NodeFailed(
            "invalid_input", f"{described(value)} cannot be written as text: {error}."
        ) from error


def numbers_of(values: list[Any], what: str, positions: list[int]) -> list[int | float]:
    """The values that are not null, as numbers (true counts 1, false 0); fails naming the first that is none
    by its position in the list the values were taken from."""
    found: list[int | float] = []
    for position, value in zip(positions, values, strict=True):
        if value is None:
            continue
        if not isinstance(value, int | float):
            raise NodeFailed(
                "invalid_input",
                f"{what} needs numbers, but item {position} gave {described(value)}. "
                "Turn text into numbers first, for instance with float(...) or csv.parse with infer.",
                item=position,
            )
        if not _fits(value):
            raise NodeFailed(
                "too_large", f"{what}: item {position} gave a number that is too large.", item=position
            )
        found.append(int(value) if isinstance(value, bool) else value)
    return found


def total(numbers: list[int | float], what: str) -> int | float:
    """Their sum, exact for integers; fails when it does not fit a 64-bit integer or a float."""
    result = _sum(numbers)
    if not _fits(result):
        raise NodeFailed("too_large", f"{what} is too large for a number.")
    return result


def mean(numbers: list[int | float], what: str) -> float | None:
    """Their arithmetic mean, null for none."""
    if not numbers:
        return None
    result = _sum(numbers) / len(numbers)
    if not _fits(result):
        raise NodeFailed("too_large", f"{what} is too large for a number.")
    return result


def _fits(number: int | float) -> bool:
    if isinstance(number, float):
        return math.isfinite(number)
    return SMALLEST_INTEGER <= number <= LARGEST_INTEGER


def _sum(numbers: list[int | float]) -> int | float:
    if all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return math.inf
