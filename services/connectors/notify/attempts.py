"""What becomes of a delivery with each attempt. Pure."""

from shared.contracts.base import Millis
from shared.storage.deliveries import Delivery

LEASE_MS = 60_000
"""How long an attempt may be under way; after that whoever made it is thought to have died."""
FIRST_WAIT_MS = 10_000
LONGEST_WAIT_MS = 3_600_000
MOST_ERROR_CHARS = 500
FORGOTTEN = {"sealed": "", "kid": ""}
"""What is of no use once nothing is tried any more."""


def claimed(delivery: Delivery, now: Millis) -> Delivery:
    """The delivery while an attempt is under way. It counts at once: a crash is an attempt as well."""
    return delivery.model_copy(
        update={"rev": delivery.rev + 1, "attempts": delivery.attempts + 1, "next_at": now + LEASE_MS}
    )


def delivered(delivery: Delivery, now: Millis) -> Delivery:
    """It has arrived."""
    done = {"status": "delivered", "error": None, "next_at": None, "delivered_at": now, **FORGOTTEN}
    return delivery.model_copy(update={"rev": delivery.rev + 1, **done})


def failed(delivery: Delivery, error: str, now: Millis, *, again: bool) -> Delivery:
    """It has not; it is tried again later unless that is in vain or there were attempts enough."""
    told = {"rev": delivery.rev + 1, "error": error[:MOST_ERROR_CHARS]}
    if not again or delivery.attempts >= delivery.most_attempts:
        return delivery.model_copy(update={**told, "status": "failed", "next_at": None, **FORGOTTEN})
    return delivery.model_copy(update={**told, "next_at": now + wait_ms(delivery.attempts)})


def wait_ms(attempts: int) -> Millis:
    """How long to wait after so many attempts: 10 s, 30 s, 90 s and so on, an hour at most."""
    return min(FIRST_WAIT_MS * 3 ** min(attempts - 1, 20), LONGEST_WAIT_MS)
