"""Lists without what is hidden from the caller."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from services.gateway.identity.rights import Access


class HasId(Protocol):
    """Whatever has an id that a page can go on after."""

    @property
    def id(self) -> str:
        """It."""
        ...


T = TypeVar("T", bound=HasId)


async def seen(
    access: Access,
    read: Callable[[str | None], Awaitable[list[T]]],
    workflow_of: Callable[[T], str | None],
    *,
    cursor: str | None,
    limit: int,
) -> list[T]:
    """The first `limit` that the caller may know of. `read` gives up to `limit` of them from a cursor on; it
    is asked again as long as too many are hidden."""
    found = await read(cursor)
    if access.sees_all:
        return found
    shown: list[T] = []
    while found:
        shown += [each for each in found if access.sees(workflow_of(each))]
        if len(found) < limit or len(shown) >= limit:
            break
        found = await read(found[-1].id)
    return shown[:limit]
