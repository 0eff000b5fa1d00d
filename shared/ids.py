"""Ids: a kind, an underscore and a ULID, so that they sort by the time they were made."""

from ulid import ULID

from shared.steady import STEADY


def new_id(kind: str) -> str:
    """A fresh id such as `run_01J...` (kind: `run`, `wf`, ...)."""
    return f"{kind}_{ULID()}"


def now_ms() -> int:
    """The current time as integer epoch milliseconds."""
    return STEADY.now_ns() // 1_000_000
