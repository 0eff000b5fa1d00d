"""Signatures as Standard Webhooks has them (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"


def signed_headers(keys: Sequence[str], message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers that prove a body; one signature a key, so that keys can be changed without a gap. Raises
    ValueError for a key that is not base64."""
    told = f"{message_id}.{at_s}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(_key(each), told, hashlib.sha256)).decode() for each in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a signing key is `whsec_` and base64") from None
