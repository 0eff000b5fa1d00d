"""The first start: a workspace, an owner, and a key to it all, told once."""

import secrets
import sys

from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed, new_key
from services.gateway.identity.passwords import hashed_password
from services.gateway.settings import GatewaySettings
from shared.contracts.base import Millis
from shared.contracts.identity import ApiKey, Member, User, Workspace
from shared.ids import new_id

WORKSPACE = "default"


async def first_start(directory: Directory, settings: GatewaySettings, now: Millis) -> None:
    """See to it that there is somebody and something to begin with. Several gateways may be at it."""
    await directory.workspaces.insert(Workspace(id=WORKSPACE, name="Default", created_at=now))
    if await directory.users.any():
        return
    password = settings.owner_password.get_secret_value() if settings.owner_password else ""
    drawn = password or secrets.token_urlsafe(15)
    owner = User(
        id=new_id("user"), email=settings.owner_email.lower(), name="Owner", owner=True,
        password=await hashed_password(drawn), created_at=now,
    )  # fmt: skip
    member = Member(workspace_id=WORKSPACE, user_id=owner.id, role="admin", created_at=now)
    await directory.members.insert(member)
    told = [f"owner     {owner.email}"] + ([] if password else [f"password  {drawn}"])
    key_id, key = new_key()
    if settings.api_key is None:
        kept = ApiKey(
            id=key_id, kind="installation", name="first key", hash=hashed(key), user_id=owner.id,
            created_at=now,
        )  # fmt: skip
        await directory.keys.insert(kept)
        told.append(f"API key   {key}")
    if not await directory.users.insert(owner):  # last: whoever is cut off before begins anew
        await directory.members.remove(member)
        await directory.keys.remove(key_id)
        return
    if len(told) > 1:
        sys.stdout.write("\n".join(["This is shown once:", *told, ""]))
        sys.stdout.flush()
