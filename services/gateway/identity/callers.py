"""The caller of a request, by name, and what a name opens that a key alone does not."""

from collections.abc import Collection
from dataclasses import dataclass

from fastapi import Request


@dataclass(frozen=True)
class Caller:
    """Who is asking. A key that belongs to nobody in particular is not a `person`."""

    name: str
    person: bool = False


def caller_of(request: Request) -> Caller:
    """Who is behind this request."""
    return Caller("api")


def may_decide(caller: Caller, assignees: Collection[str]) -> bool:
    """Whether this caller may decide a review: one of its assignees, anybody when it has none. The key of a
    workspace opens every review, since it cannot be told whose hand it is in."""
    return not assignees or not caller.person or caller.name in assignees
