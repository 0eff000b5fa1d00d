"""Ids: a kind, an underscore and a ULID, so that they sort by the time they were made."""

from hashlib import sha256

from ulid import ULID

from shared.steady import STEADY

ULID_TIME_CHARS = 10


def new_id(kind: str) -> str:
    """A fresh id such as `run_01J...` (kind: `run`, `wf`, ...)."""
    return f"{kind}_{ULID()}"


def first_id(at: int) -> str:
    """What the ids of runs sort after that were begun then or later."""
    return f"run_{str(ULID.from_timestamp(at / 1000))[:ULID_TIME_CHARS]}"


def now_ms() -> int:
    """The current time as integer epoch milliseconds."""
    return STEADY.now_ns() // 1_000_000


def made_id(kind: str, at: int, *parts: str) -> str:
    """The one id that follows from all these: whoever makes it again gets the same. Sorts by `at`."""
    digest = sha256("\n".join(parts).encode()).digest()
    return f"{kind}_{ULID.from_bytes(at.to_bytes(6, 'big') + digest[:10])}"
