"""A request to a webhook: whether it may come in, and what it is once it has."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fastapi import Request
from ulid import ULID

from services.gateway.errors import Refused
from services.gateway.hooks.proving import body_proven, head_proven
from services.gateway.parts import Gateway
from services.gateway.reading import body_of, parse
from shared.contracts.base import Json
from shared.contracts.hook_event import HookEvent, HookMode, HookOutcome
from shared.contracts.trigger import Trigger
from shared.contracts.value import to_json
from shared.contracts.webhook import HeaderAuth, WebhookConfig
from shared.hooked import Unreadable, fields_of, hooked, parsed
from shared.ids import now_ms
from shared.mapping import ABSENT, found_at
from shared.occasions import Event

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "set-cookie"})
SECRET_WORDS = ("signature", "secret", "token", "password", "api-key", "apikey")
PLAIN = frozenset({"", "identity"})


@dataclass(frozen=True)
class Arrival:
    """What has come in: genuine, and read. `value` is what the trigger is told, `raw` the body."""

    event: HookEvent
    value: Event
    raw: bytes


def blank(request: Request, trigger: Trigger, config: WebhookConfig, mode: HookMode) -> HookEvent:
    """The request without its body, not accepted yet."""
    now = now_ms()
    order = str(ULID.from_timestamp(now / 1000))
    return HookEvent(
        id=f"evt_{order}",
        order=order,
        trigger_id=trigger.id,
        workspace_id=trigger.workspace_id,
        workflow_id=trigger.workflow_id,
        mode=mode,
        received_at=now,
        method=request.method,
        headers=_headers(request, config),
        query=_query(request),
        outcome="refused",
        traceparent=request.scope["traceparent"],
    )


async def arrived(gateway: Gateway, request: Request, trigger: Trigger, event: HookEvent) -> Arrival:
    """Take in a request; raises Unproven for one from who may not send it, and Refused for one that cannot be
    read. Nothing of the body is looked at before it is known to be genuine."""
    config, sealing = trigger.config, gateway.hooks.sealing
    assert isinstance(config, WebhookConfig)
    headers = request.scope["headers"]
    envelope = head_proven(sealing, trigger, config.auth, headers, event.received_at)
    raw = await body_of(request)
    if envelope:
        body_proven(sealing, trigger, config.auth, envelope, raw, event.received_at)
    _check_encoding(request)
    try:
        body = parsed(request.headers.get("content-type", ""), raw, parse)
    except Unreadable as error:
        raise Refused("not_possible", f"The body: {error}") from error
    value = hooked(trigger, event, body)
    dedupe_id = envelope.message_id.decode() if envelope else _same_as(value, config)
    if dedupe_id is not None:
        event = event.model_copy(update={"id": _id(event, dedupe_id), "dedupe_id": dedupe_id[:500]})
        value["id"] = event.id
    return Arrival(event, value, raw)


async def kept(
    gateway: Gateway, arrival: Arrival, outcome: HookOutcome, reason: str | None = None
) -> HookEvent:
    """The event with its body, to be stored. Raises Refused (`value_too_large`)."""
    text, encoding = _text_of(arrival.raw)
    return arrival.event.model_copy(
        update={
            "body": await gateway.keep(text, "the body"),
            "encoding": encoding,
            "size": len(arrival.raw),
            "whole": True,
            "outcome": outcome,
            "reason": reason,
        }
    )


def repeat_id(event: HookEvent, key: str) -> str:
    """The id of the one replay of an event that was asked for with this key."""
    return _id(event, f"replay\n{event.id}\n{key}")


def _id(event: HookEvent, same: str) -> str:
    digest = sha256(f"{event.trigger_id}\n{event.mode}\n{same}".encode()).digest()
    return f"evt_{ULID.from_bytes(digest[:16])}"


def _same_as(value: Event, config: WebhookConfig) -> str | None:
    found: Any = ABSENT if config.dedupe is None else found_at(value, config.dedupe)
    return None if found is ABSENT or found is None else f"={to_json(found)}"


def _check_encoding(request: Request) -> None:
    """A body that has to be unpacked may be a bomb, and is not what was signed."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in PLAIN:
        raise Refused("unsupported_encoding", "Content-Encoding: send the body as it is, not packed")


def _headers(request: Request, config: WebhookConfig) -> Json:
    found: dict[str, str] = {}
    for name, value in _shown_headers(request, config):
        found[name] = f"{found[name]}, {value}" if name in found else value
    return to_json(found)


def _shown_headers(request: Request, config: WebhookConfig) -> Iterator[tuple[str, str]]:
    """All but those that somebody proves with who they are."""
    own = config.auth.header if isinstance(config.auth, HeaderAuth) else ""
    for raw_name, raw_value in request.scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        secret = name in SECRET_HEADERS or name == own or any(word in name for word in SECRET_WORDS)
        if not secret:
            yield name, raw_value.decode("utf-8", "replace")


def _query(request: Request) -> Json:
    try:
        return to_json(fields_of(request.scope["query_string"].decode("latin-1")))
    except Unreadable as error:
        raise Refused("not_possible", f"The query: {error}") from error


def _text_of(raw: bytes) -> tuple[Json, str]:
    if not raw:
        return "null", "text"
    try:
        return to_json(raw.decode()), "text"
    except UnicodeDecodeError:
        return to_json(base64.b64encode(raw).decode()), "base64"
