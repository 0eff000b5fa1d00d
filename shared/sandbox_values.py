"""What comes out of the sandbox, as values made of JSON types only."""

from decimal import Decimal
from typing import Any

import orjson
from pydantic_monty import MontyClassProxy

from shared.sandbox_error import SandboxError

_NATIVE = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def plain(value: Any) -> Any:
    """`value` with tuples and sets as lists, times as ISO text, decimals and keys as text, objects as dict.

    NaN and infinities become None. Raises SandboxError (`not_json`) for bytes, functions, types, integers
    over 64 bits, and nesting deeper than about 250 levels."""
    if value is None or value.__class__ in (str, bool):
        return value
    try:
        return orjson.loads(orjson.dumps(value, default=_converted, option=_NATIVE))
    except (TypeError, ValueError, RecursionError) as error:
        said = error.__cause__ or error
        raise SandboxError("not_json", f"the result is not a JSON value: {said}") from error


def _converted(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        try:
            return sorted(value)
        except TypeError:
            return list(value)
    if isinstance(value, MontyClassProxy):
        return value.attributes
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    kind = "function or type" if isinstance(value, type) else type(value).__name__.removeprefix("Monty")
    raise TypeError(f"it holds a value of type {kind}")
