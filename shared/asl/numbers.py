"""Intrinsic functions on numbers. They raise ValueError or TypeError with what is wrong."""

import math
import random
from typing import Any

SMALLEST, LARGEST = -(2**63), 2**63 - 1


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def integer(value: Any) -> int:
    """A whole number, rounded to the nearest as AWS does, -1.5 to -1; raises TypeError for anything else."""
    if not is_number(value):
        raise TypeError(f"an integer is wanted, not {value!r:.100}")
    return math.floor(value + 0.5) if isinstance(value, float) else value


def add(left: Any, right: Any) -> int:
    """The sum of two integers."""
    total = integer(left) + integer(right)
    if not SMALLEST <= total <= LARGEST:
        raise ValueError("the sum does not fit into 64 bits")
    return total


def random_between(start: Any, end: Any, seed: Any = None) -> int:
    """An integer from `start` on and below `end`; the same for the same seed."""
    start, end = integer(start), integer(end)
    if start >= end:
        raise ValueError(f"the start must be below the end, but {start} is not below {end}")
    source = random.Random(None if seed is None else integer(seed))
    return source.randrange(start, end)
