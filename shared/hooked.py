"""What was sent to a webhook, as a trigger's event: the same whether it is started at once, completed after a
crash, or replayed."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson

from shared.contracts.base import Json
from shared.contracts.hook_event import HookEvent
from shared.contracts.trigger import Trigger
from shared.contracts.value import from_json
from shared.occasions import Event, iso_of, named

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1_000


class Unreadable(ValueError):
    """A body that is not what its type says."""


def hooked(trigger: Trigger, event: HookEvent, body: Any) -> Event:
    """The event of a webhook; `body` as `parsed` gives it."""
    return {
        "trigger": named(trigger),
        "id": event.id,
        "received_at": iso_of(event.received_at),
        "mode": event.mode,
        "method": event.method,
        "headers": from_json(event.headers),
        "query": from_json(event.query),
        "body": body,
    }


def hooked_again(trigger: Trigger, event: HookEvent, kept: Json) -> Event:
    """The same of an event that was stored, from the text of its body."""
    content_type = from_json(event.headers).get("content-type", "")
    return hooked(trigger, event, parsed(content_type, raw_of(event, kept)))


def raw_of(event: HookEvent, kept: Json) -> bytes:
    """The body as it came, from the text that it is kept as."""
    text: str = from_json(kept) or ""
    return base64.b64decode(text) if event.encoding == "base64" else text.encode()


def parsed(content_type: str, raw: bytes, json: Callable[[bytes], Any] = orjson.loads) -> Any:
    """JSON by the function given, forms as an object, other text as it is, all else as {base64}. Raises
    Unreadable, and what `json` raises."""
    kind = content_type.partition(";")[0].strip().lower()
    if not raw.strip():
        return None
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        return json(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}
    return fields_of(text) if kind == FORM else text


def fields_of(text: str) -> Event:
    """The fields of a form or a query: each a text, or a list where there are several of one name. Raises
    Unreadable."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError as error:
        raise Unreadable(f"there may be at most {MOST_FIELDS:,} fields") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
