"""A value on its way: small ones inline as JSON text, large ones by reference into `payloads`."""

from typing import Any

import orjson

from shared.contracts.base import Contract, Json

INLINE_BYTES = 32_768
MAX_VALUE_BYTES = 50_000_000
"""The largest value that a run begins with, or that a node or a run answers with."""


class Value(Contract):
    """JSON text, or the SHA-256 of JSON text stored in `payloads`; exactly one is set. `size` is in bytes."""

    json_text: Json | None = None
    ref: str | None = None
    size: int


def inline(json_text: Json) -> Value:
    """A value that travels with its message, whatever its size."""
    return Value(json_text=json_text, size=len(json_text.encode()))


NULL = inline("null")


def to_json(value: Any) -> Json:
    """JSON text of a value made of JSON types; raises TypeError for anything else and for integers over 64
    bits."""
    return orjson.dumps(value).decode()


def from_json(text: Json) -> Any:
    """The value of JSON text; raises ValueError (orjson.JSONDecodeError) when it is none."""
    return orjson.loads(text)
