"""Trouble as data. An error is an exception; a failure is something to record, route and show."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract

RETRYABLE_CODES = frozenset({"timeout", "rate_limited", "unavailable"})


Detail = str | Annotated[int, Field(gt=-(2**63), lt=2**63)] | float | bool | list[str] | None

DetailName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Failure(Contract):
    """What went wrong (`code` is stable, `message` is for people), where (`node`), and whether again may
    help."""

    code: str = Field(max_length=100)
    message: str = Field(max_length=4000)
    node: str | None = None
    retryable: bool = False
    details: dict[DetailName, Detail] = {}


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
