"""Trouble as data. An error is an exception; a failure is something to record, route and show."""

from pydantic import Field

from shared.contracts.base import Contract

RETRYABLE_CODES = frozenset({"timeout", "rate_limited", "unavailable"})


Detail = str | int | float | bool | list[str] | None


class Failure(Contract):
    """What went wrong (`code` is stable, `message` is for people), where (`node`), and whether again may
    help."""

    code: str = Field(max_length=100)
    message: str = Field(max_length=4000)
    node: str | None = None
    retryable: bool = False
    details: dict[str, Detail] = {}


def failure(
    code: str,
    message: str,
    *,
    node: str | None = None,
    **details: Detail,
) -> Failure:
    """A failure whose `retryable` follows from its code and whose message is cut to fit."""
    return Failure(
        code=code, message=message[:4000], node=node, retryable=code in RETRYABLE_CODES, details=details
    )
