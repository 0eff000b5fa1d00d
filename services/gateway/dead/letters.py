"""From a message on the dead letter queue to a letter, and back to a message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import aio_pika
import orjson
from aio_pika.abc import AbstractIncomingMessage

from shared.contracts.base import Millis
from shared.storage.dead_letters import DeadLetter

MOST_BYTES = 10_000_000
"""A document of the store has to hold the body, as base64. No message of Weft's comes near."""
SAMPLE_BYTES = 65_536
REPLAYS = "x-weft-replays"
OF_THE_BROKER = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count")


def letter_of(message: AbstractIncomingMessage, now: Millis) -> tuple[DeadLetter, bytes]:
    """The letter and what is kept of its body. The id follows from the message and from how it died: should
    it be received twice, it is the same letter. (So are identical messages that died in the same queue in
    the same second; one of them is enough, for every message of Weft's may come twice.)"""
    death = _last_death(message.headers)
    died_at = int(death["time"].timestamp() * 1000) if isinstance(death.get("time"), datetime) else None
    keys = death.get("routing-keys")
    queue, kind, mark = str(death.get("queue", "")), message.type or "", message.message_id or ""
    told = (kind, mark, queue, str(death.get("count")), str(message.headers.get(REPLAYS)))
    digest = sha256("\n".join(told).encode() + b"\n" + message.body).hexdigest()
    cut = len(message.body) > MOST_BYTES
    letter = DeadLetter(
        id=f"dead_{died_at or 0:013d}_{digest[:16]}",
        type=kind,
        queue=queue,
        exchange=str(death.get("exchange", "")),
        routing_key=str(keys[0]) if isinstance(keys, Sequence) and keys else message.routing_key or "",
        reason=str(death.get("reason", "")),
        headers=orjson.dumps(_plain(message.headers), default=str).decode(),
        content_type=message.content_type or "",
        message_id=mark,
        size=len(message.body),
        cut=cut,
        died_at=died_at,
        received_at=now,
    )
    return letter, message.body[:SAMPLE_BYTES] if cut else message.body


def message_of(letter: DeadLetter, body: bytes) -> aio_pika.Message:
    """The message as it was before it died, but for a count of its replays."""
    headers = {
        name: value
        for name, value in orjson.loads(letter.headers).items()
        if not name.startswith(OF_THE_BROKER) and isinstance(value, str | int | float | bool)
    }
    replays = headers.get(REPLAYS)
    return aio_pika.Message(
        body,
        type=letter.type or None,
        message_id=letter.message_id or None,
        content_type=letter.content_type or None,
        headers={**headers, REPLAYS: (replays if isinstance(replays, int) else 0) + 1},
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


def _last_death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where, why and when it died most recently; nothing for what was put into the queue by hand."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, Sequence) and deaths else {}
    return first if isinstance(first, Mapping) else {}


def _plain(value: Any) -> Any:
    """JSON types; times, bytes and numbers that JSON has no word for become text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
