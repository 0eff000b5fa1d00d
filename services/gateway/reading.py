"""Request bodies: read under a cap, parsed, checked against an input model; every fault is told at once."""

import asyncio
import re
from json import loads as exact_loads
from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.gateway.errors import MAX_ERRORS, Fault, Refused

MAX_DEPTH = 64
MAX_WHOLE = 2**53
MOST_KEYS = 100
"""Of a body itself: more than any model has. Each that is not known would be told, and that takes time."""
SLOWEST_BYTES_S = 1_000
"""How much of a body has to come each second, once the caller has had its `stalled_s`."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

M = TypeVar("M", bound=BaseModel)


async def read(request: Request, model: type[M]) -> tuple[M, bytes]:
    """The body as a model, and as it arrived. An empty body counts as `{}`. Raises Refused."""
    raw = await body_of(request)
    value = parse(raw) if raw.strip() else {}
    if not isinstance(value, dict):
        raise Refused("invalid_request", f"The body must be a JSON object, not {_kind(value)}")
    if len(value) > MOST_KEYS:
        raise Refused("invalid_request", f"The body has {len(value):,} keys; it may have {MOST_KEYS}")
    try:
        return fitted(value, model), raw
    except ValidationError as error:
        if (count := error.error_count()) > MAX_ERRORS:
            raise Refused("invalid_request", f"The body does not fit, in {count:,} places") from None
        raise Refused("invalid_request", "The body does not fit", problems_of(error)) from None


def fitted(value: dict[str, Any], model: type[M]) -> M:
    """The value as a model. Raises ValidationError."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS or not _made_whole(value, error):
            raise
    return model.model_validate(value)


def _made_whole(value: Any, error: ValidationError) -> bool:
    """Whether there were numbers such as 7.0 where integers are wanted: to JSON they are the same, and now
    they are integers."""
    found = False
    for each in error.errors(include_url=False, include_context=False):
        number = each["input"]
        if each["type"] == "int_type" and isinstance(number, float) and abs(number) <= MAX_WHOLE:
            *way, last = each["loc"]
            holder: Any = value
            for part in way:
                holder = holder[part] if _holds(holder, part) else holder  # else it is the tag of a union
            if number.is_integer() and _holds(holder, last):
                holder[last] = int(number)
                found = True
    return found


def _holds(holder: Any, part: int | str) -> bool:
    if isinstance(holder, dict):
        return part in holder
    return isinstance(holder, list) and isinstance(part, int)


def parse(raw: bytes) -> Any:
    """The value of JSON text. Raises Refused where it is none, too deep, or holds integers over 64 bits."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if re.search("depth|recursion", str(error)):
            raise _too_deep() from None
        raise Refused("malformed_json", f"The body is not JSON: {error}") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and deeper_than(raw, MAX_DEPTH):
        raise _too_deep()
    if _LONG_NUMBER.search(raw):
        exact_loads(raw, parse_int=_small_int)
    return value


def deeper_than(raw: bytes, depth: int) -> bool:
    """Whether well-formed JSON text is nested deeper than that: each round takes off the innermost level."""
    brackets = _STRING.sub(b"", raw).translate(_BRACKETS, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def problems_of(error: ValidationError) -> list[Fault]:
    """What a model has to say about its input."""
    return [
        {
            "path": ".".join(map(str, each["loc"])),
            "code": each["type"],
            "message": "unknown key" if each["type"] == "extra_forbidden" else each["msg"],
        }
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]


async def body_of(request: Request) -> bytes:
    """The body as it arrived; raises Refused when it is too large, or comes too slowly."""
    gateway = request.app.state.gateway
    most: int = gateway.max_body_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    size, latest = 0, asyncio.get_running_loop().time() + gateway.stalled_s
    try:
        async with asyncio.timeout_at(latest) as patience:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise _too_large(most)
                chunks.append(chunk)
                patience.reschedule(latest + size / SLOWEST_BYTES_S)
    except TimeoutError:
        raise _late(size) from None
    return b"".join(chunks)


def _small_int(digits: str) -> int:
    value = int(digits) if len(digits) <= 21 else 1 << 64
    if not -(1 << 63) <= value < 1 << 64:
        raise Refused("number_too_large", f"Integers must fit into 64 bits: send {digits[:30]} as a string")
    return value


def _too_deep() -> Refused:
    return Refused("too_deep", f"JSON may be nested at most {MAX_DEPTH} levels deep")


def _too_large(most: int) -> Refused:
    return Refused("body_too_large", f"The body may have at most {most:,} bytes")


def _late(size: int) -> Refused:
    said = f"Only {size:,} bytes of the body have come in all this time; send it again, and faster"
    return Refused("body_late", said, headers={"Connection": "close"})


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a string", type(None): "null", bool: "a boolean"}
    return kinds.get(type(value), "a number")
