"""Those who come for the first time."""

from services.gateway.identity.membership import joined
from services.gateway.identity.passwords import hashed_password
from services.gateway.parts import Gateway
from shared.contracts.identity import User, Workspace
from shared.ids import new_id, now_ms


async def new_user(gateway: Gateway, email: str, name: str, password: str | None) -> User | None:
    """Somebody new; None when somebody has this address. Takes about as long either way."""
    kept = await hashed_password(password) if password else None
    user = User(id=new_id("user"), email=email, name=name, password=kept, created_at=now_ms())
    return user if await gateway.directory.users.insert(user) else None


async def new_workspace(gateway: Gateway, user_id: str | None, name: str) -> Workspace:
    """A workspace, and its admin if there is somebody who can be."""
    workspace = Workspace(id=new_id("ws"), name=name, created_at=now_ms())
    await gateway.directory.workspaces.insert(workspace)
    if user_id:
        await joined(gateway.directory, workspace.id, user_id, "admin")
    await gateway.access_changed()
    return workspace
