"""Intrinsic functions on arrays and objects. They raise ValueError or TypeError with what is wrong."""

from typing import Any

from shared.asl.numbers import integer

MOST_ELEMENTS = 1_000


def array(*values: Any) -> list[Any]:
    """The arguments as an array."""
    return list(values)


def partition(values: Any, size: Any) -> list[Any]:
    """Chunks of a size, the last one perhaps smaller."""
    elements, size = _array(values), integer(size)
    if size < 1:
        raise ValueError(f"the chunk size must be a positive integer, not {size}")
    return [elements[at : at + size] for at in range(0, len(elements), size)]


def contains(values: Any, wanted: Any) -> bool:
    """Whether a value is among the elements."""
    return any(same(each, wanted) for each in _array(values))


def arithmetic(first: Any, last: Any, increment: Any) -> list[int]:
    """From the first to the last, both included, at most 1,000."""
    first, last, increment = integer(first), integer(last), integer(increment)
    if increment == 0:
        raise ValueError("the increment must not be 0")
    made = range(first, last + (1 if increment > 0 else -1), increment)
    if len(made) > MOST_ELEMENTS:
        raise ValueError(f"the array would have {len(made):,} elements; {MOST_ELEMENTS:,} may be")
    return list(made)


def get_item(values: Any, index: Any) -> Any:
    """The element at an index, counted from 0."""
    elements, index = _array(values), integer(index)
    if not 0 <= index < len(elements):
        raise ValueError(f"the array has {len(elements)} elements, so there is none at {index}")
    return elements[index]


def length(values: Any) -> int:
    """The number of elements."""
    return len(_array(values))


def unique(values: Any) -> list[Any]:
    """Every element once, in order of first appearance."""
    found: dict[str, Any] = {}
    for each in _array(values):
        found.setdefault(_fingerprint(each), each)
    return list(found.values())


def json_merge(left: Any, right: Any, deep: Any) -> dict[str, Any]:
    """Both objects in one; the right one wins. Deep merging is no more supported than in AWS."""
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise TypeError("the first two arguments must be objects")
    if deep is not False:
        raise ValueError("the third argument must be false: only shallow merging is supported")
    return {**left, **right}


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but not true."""
    return _fingerprint(left) == _fingerprint(right)


def _fingerprint(value: Any) -> str:
    if isinstance(value, dict):
        inner = ",".join(f"{key!r}:{_fingerprint(each)}" for key, each in sorted(value.items()))
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_fingerprint, value))}]"
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    return repr(value)


def _array(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"an array is wanted, not {values!r:.100}")
    return values
