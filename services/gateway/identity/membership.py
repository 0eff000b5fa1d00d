"""Who belongs to a workspace. There is always an admin left, whatever happens at the same time."""

import asyncio
import random

from services.gateway.errors import Refused
from services.gateway.identity.directory import Directory
from shared.contracts.identity import Member, Role
from shared.ids import now_ms

MOST_TRIES = 10
PAUSE_S = 0.02


async def joined(directory: Directory, workspace_id: str, user_id: str, role: Role) -> bool:
    """Make somebody a member; False when they are one already, and stay what they are. Grants left over from
    an earlier membership come first: they must not come back to life."""
    if await directory.members.get(workspace_id, user_id):
        return False
    await directory.grants.forget_user(workspace_id, user_id)
    member = Member(workspace_id=workspace_id, user_id=user_id, role=role, created_at=now_ms())
    return await directory.members.insert(member)


async def with_role(directory: Directory, workspace_id: str, user_id: str, role: Role) -> Member:
    """Give a member another role; raises Refused (`not_found`, `last_admin`)."""
    return await _changed(directory, workspace_id, user_id, role)


async def removed(directory: Directory, workspace_id: str, user_id: str) -> None:
    """They belong to it no longer; raises Refused (`not_found`, `last_admin`)."""
    await _changed(directory, workspace_id, user_id, None)
    await directory.grants.forget_user(workspace_id, user_id)


async def _changed(directory: Directory, workspace_id: str, user_id: str, role: Role | None) -> Member:
    for tries in range(MOST_TRIES):
        await asyncio.sleep(tries * PAUSE_S * random.random())
        member = await directory.members.get(workspace_id, user_id)
        if member is None:
            raise Refused("not_found", f"There is no member {user_id!r} here")
        if member.role == role:
            return member
        if member.role == "admin" and not await _another_stays(directory, member):
            continue
        after = member.model_copy(update={"role": role, "rev": member.rev + 1})
        if await (directory.members.save(after) if role else directory.members.remove(member)):
            return after
    raise Refused("stale_revision", "Others are changing the members too; please try again")


async def _another_stays(directory: Directory, member: Member) -> bool:
    """Touch another admin, so that whoever is about to take that one's role away looks again: of two
    who take it from each other only one succeeds. False when that one has changed; raises Refused
    (`last_admin`) when there is none."""
    others = [
        each
        for each in await directory.members.of_workspace(member.workspace_id)
        if each.role == "admin" and each.user_id != member.user_id
    ]
    people = await directory.users.load([each.user_id for each in others])
    for each in others:
        if (user := people.get(each.user_id)) and user.state == "active":
            return await directory.members.save(each.model_copy(update={"rev": each.rev + 1}))
    raise Refused("last_admin", "This is the last admin of the workspace: make somebody else one first")
