"""Whether a request to a webhook comes from who may send it. What is told to it is always the same; what is
wrong is only for who owns the webhook."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.gateway.hooks.sealing import SIGNING_PREFIX, Sealing
from shared.contracts.base import Millis
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import BasicAuth, HeaderAuth, HmacAuth, HookAuth, HookSecret

RawHeaders = Sequence[tuple[bytes, bytes]]

TOLERANCE_S = 300
MOST_SIGNATURES = 20
MESSAGE_ID = re.compile(rb"[\x21-\x2d\x2f-\x7e]{1,200}")
"""Without a full stop, which parts it from the timestamp in what is signed."""
TIMESTAMP = re.compile(rb"[0-9]{1,12}")


class Unproven(Exception):
    """It is not from who may send it; says why, for the owner."""


@dataclass(frozen=True)
class Envelope:
    """The signed head of a message."""

    message_id: bytes
    timestamp: bytes
    signatures: tuple[bytes, ...]


def head_proven(
    sealing: Sealing, trigger: Trigger, auth: HookAuth, headers: RawHeaders, now: Millis
) -> Envelope | None:
    """Check all that can be checked before the body is read; what is signed, if it has to be. Raises
    Unproven."""
    if isinstance(auth, HeaderAuth):
        given = _only(headers, auth.header.lower().encode())
        if not sealing.is_it(trigger.id, auth.secret, _text(given)):
            raise Unproven(f"the header {auth.header} holds another secret")
    elif isinstance(auth, BasicAuth):
        user, password = _basic(_only(headers, b"authorization"))
        named = hmac.compare_digest(user.encode(), auth.user.encode())
        if not sealing.is_it(trigger.id, auth.password, password) or not named:
            raise Unproven("another user or password")
    elif isinstance(auth, HmacAuth):
        return _envelope(headers, now)
    return None


def body_proven(
    sealing: Sealing, trigger: Trigger, auth: HookAuth, envelope: Envelope, raw: bytes, now: Millis
) -> None:
    """Check the signature over the body as it arrived. Raises Unproven."""
    assert isinstance(auth, HmacAuth)
    signed = b".".join((envelope.message_id, envelope.timestamp, raw))
    keys = [key for each in auth.secrets if (key := _key(sealing, trigger, each, now))]
    expected = [base64.b64encode(hmac.digest(key, signed, sha256)) for key in keys]
    genuine = [
        hmac.compare_digest(one, given) for one in expected for given in envelope.signatures
    ]  # all of them: how long it takes says nothing
    if not any(genuine):
        raise Unproven("no signature of this body by one of the secrets")


def _envelope(headers: RawHeaders, now: Millis) -> Envelope:
    message_id = _only(headers, b"webhook-id")
    timestamp = _only(headers, b"webhook-timestamp")
    given = _only(headers, b"webhook-signature").split(b" ")
    if not MESSAGE_ID.fullmatch(message_id):
        raise Unproven("webhook-id must have 1 to 200 printable characters without a full stop")
    if not TIMESTAMP.fullmatch(timestamp):
        raise Unproven("webhook-timestamp must be seconds since 1970")
    if abs(int(timestamp) - now / 1000) > TOLERANCE_S:
        raise Unproven(f"webhook-timestamp is more than {TOLERANCE_S} s away from now")
    signatures = [each.removeprefix(b"v1,") for each in given[:MOST_SIGNATURES] if each.startswith(b"v1,")]
    if not signatures:
        raise Unproven("webhook-signature has no signature `v1,...`")
    return Envelope(message_id, timestamp, tuple(signatures))


def _key(sealing: Sealing, trigger: Trigger, secret: HookSecret, now: Millis) -> bytes | None:
    if secret.expires_at is not None and secret.expires_at <= now:
        return None
    text = sealing.open(trigger.id, secret.sealed)
    return signing_key(text) if text else None


def signing_key(secret: str) -> bytes:
    """The bytes that a `whsec_` secret stands for; raises ValueError when it stands for none."""
    text = secret.removeprefix(SIGNING_PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("what follows `whsec_` must be base64") from error


def _only(headers: RawHeaders, name: bytes) -> bytes:
    """The one header of that name: of two, each side of a proxy may believe another one."""
    found = [value for given, value in headers if given.lower() == name]
    if len(found) != 1:
        raise Unproven(f"{len(found)} headers {name.decode()}, not one")
    return found[0].strip()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _basic(value: bytes) -> tuple[str, str]:
    scheme, _, encoded = value.partition(b" ")
    if scheme.lower() != b"basic":
        raise Unproven("the header authorization is not of the scheme Basic")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unproven("the header authorization cannot be read") from None
    if not colon:
        raise Unproven("the header authorization has no password")
    return user, password
