"""The caller of a request, by name, and what a name opens that a key alone does not."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from services.gateway.errors import Refused
from shared.contracts.identity import Role, is_named
from shared.contracts.run import Cause


@dataclass(frozen=True)
class Caller:
    """Who is asking. A key that belongs to nobody in particular is not a person.

    `everywhere` is a role in each workspace, `workspace_id` and `role` are those of a workspace's own key.
    `scopes` are the permissions the caller is limited to; None limits nothing. `session_id` and `key_id` say
    what was presented."""

    kind: Literal["person", "key"]
    id: str
    name: str
    owner: bool = False
    everywhere: Role | None = None
    workspace_id: str | None = None
    role: Role | None = None
    scopes: frozenset[str] | None = None
    session_id: str | None = None
    key_id: str | None = None

    @property
    def holder(self) -> str:
        """The id of the sign-in or key by which they came."""
        return self.session_id or self.key_id or self.id


def caller_of(request: Request) -> Caller:
    """Who is behind this request."""
    return request.scope["caller"]


def person_of(request: Request) -> Caller:
    """The person behind this request; raises Refused where it is a key that belongs to nobody."""
    caller = caller_of(request)
    if caller.kind != "person":
        raise Refused("forbidden", "That is about a person, and this key belongs to none")
    return caller


def signed_in(request: Request) -> Caller:
    """The person behind this request; raises Refused where they come with a key instead of a sign-in."""
    caller = person_of(request)
    if caller.session_id is None:
        raise Refused("forbidden", "That takes a sign-in: with a key it cannot be done")
    return caller


def need_scope(caller: Caller, scope: str) -> None:
    """Raises Refused when what was presented is limited to other things."""
    if caller.scopes is not None and scope not in caller.scopes:
        raise Refused("forbidden", f"This key is not good for that: it lacks the scope {scope!r}")


def cause_of(request: Request) -> Cause:
    """What a run that this caller starts is caused by."""
    caller = caller_of(request)
    return Cause(kind="manual" if caller.session_id else "api", by=caller.name)


def may_decide(caller: Caller, assignees: Collection[str]) -> bool:
    """Whether this caller may decide a review: one of its assignees, by address or id; anybody when it has
    none. The key of a workspace opens every review, since it cannot be told whose hand it is in."""
    return not assignees or caller.kind == "key" or is_named(assignees, caller.id, caller.name)
