"""Trouble as data. An error is an exception; a failure is something to record, route and show."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract

RETRYABLE_CODES = frozenset({"timeout", "rate_limited", "unavailable"})


MAX_TEXT_CHARS = 4_000
MAX_LIST = 100
MAX_DETAILS_CHARS = 16_000
"""What the details of a failure that `failure` makes may have in all."""
BRIEF_BYTES = 1_000
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
        details=_fitting({name: _cut(detail) for name, detail in details.items()}, MAX_DETAILS_CHARS),
    )


def brief(full: Failure) -> Failure:
    """A failure as a run keeps it of each of its nodes, in bytes; the node's attempt has all of it."""
    message, details = full.message, full.details
    if len(message.encode()) > BRIEF_BYTES:
        message = message.encode()[: BRIEF_BYTES - 3].decode(errors="ignore") + "\u2026"
    if sum(_size(each) for each in details.values()) > BRIEF_BYTES // 4:
        details = _fitting(details, BRIEF_BYTES // 4)
    same = message == full.message and details == full.details
    return full if same else full.model_copy(update={"message": message, "details": details})


def _fitting(details: dict[str, Detail], most: int) -> dict[str, Detail]:
    """As many of these as fit together, the smallest first; the others are named in `left_out`."""
    if sum(_size(each) for each in details.values()) <= most:
        return details
    kept, room = dict[str, Detail](), most
    for name in sorted(details, key=lambda each: _size(details[each])):
        room -= _size(details[name])
        if room >= 0:
            kept[name] = details[name]
    left_out = [name for name in details if name not in kept]
    return {**{name: details[name] for name in details if name in kept}, "left_out": left_out[:MAX_LIST]}


def _size(detail: Detail) -> int:
    if isinstance(detail, list):
        return sum(map(len, detail))
    return len(detail) if isinstance(detail, str) else 0


def _cut(detail: Detail) -> Detail:
    if isinstance(detail, str):
        return detail[:MAX_TEXT_CHARS]
    return [text[:MAX_TEXT_CHARS] for text in detail[:MAX_LIST]] if isinstance(detail, list) else detail
