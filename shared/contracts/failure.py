"""Trouble as data. An error is an exception; a failure is something to record, route and show."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract

RETRYABLE_CODES = frozenset({"timeout", "rate_limited", "unavailable"})


MAX_TEXT_CHARS = 4_000
MAX_LIST = 100
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
Detail = (
    Text
    | Annotated[int, Field(gt=-(2**63), lt=2**63)]
    | float
    | bool
    | Annotated[list[Text], Field(max_length=MAX_LIST)]
    | None
)
DetailName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Failure(Contract):
    """What went wrong (`code` is stable, `message` is for people), where (`node`; `path` leads down to it
    through containers: `each[3].fetch`), and whether again may help."""

    code: str = Field(max_length=100)
    message: Text
    node: str | None = None
    path: str | None = None
    retryable: bool = False
    details: dict[DetailName, Detail] = Field(default_factory=dict, max_length=50)


def failure(code: str, message: str, *, node: str | None = None, **details: Detail) -> Failure:
    """A failure whose `retryable` follows from its code; message and details are cut to fit."""
    return Failure(
        code=code[:100],
        message=message[:MAX_TEXT_CHARS],
        node=node,
        retryable=code in RETRYABLE_CODES,
        details={name: _cut(detail) for name, detail in details.items()},
    )


def _cut(detail: Detail) -> Detail:
    if isinstance(detail, str):
        return detail[:MAX_TEXT_CHARS]
    return [text[:MAX_TEXT_CHARS] for text in detail[:MAX_LIST]] if isinstance(detail, list) else detail
