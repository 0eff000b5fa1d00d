"""What a caller may do in one workspace."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller
from services.gateway.identity.permissions import LEAST, Permission, allows
from shared.contracts.identity import Granted, Role, role_with


@dataclass(frozen=True)
class Access:
    """The caller in one workspace. `grants` are by workflow and count instead of the role, but for admins."""

    caller: Caller
    workspace_id: str
    role: Role
    grants: Mapping[str, Granted] = field(default_factory=dict[str, Granted])

    def role_for(self, workflow_id: str | None) -> Granted:
        """What they are, as far as this workflow is concerned."""
        return role_with(self.role, self.grants.get(workflow_id or ""))

    def may(self, permission: Permission, workflow_id: str | None = None) -> bool:
        """Whether they may do this, to this workflow if it is about one."""
        scopes = self.caller.scopes
        return (scopes is None or permission in scopes) and allows(self.role_for(workflow_id), permission)

    def need(self, permission: Permission, workflow_id: str | None = None) -> None:
        """Raises Refused: `not_found` for a workflow they are not to know of, else `forbidden`."""
        role = self.role_for(workflow_id)
        if role == "none":
            raise Refused("not_found", f"There is no workflow {workflow_id!r} here")
        if self.may(permission, workflow_id):
            return
        if allows(role, permission):
            raise Refused("forbidden", f"This key is not good for that: it lacks the scope {permission!r}")
        raise Refused("forbidden", f"That needs the role {LEAST[permission]}; yours is {role}")

    def need_somewhere(self, permission: Permission) -> None:
        """Raises Refused unless they may do this in the workspace, or to one of its workflows at least."""
        if not any(self.may(permission, workflow_id) for workflow_id in self.grants):
            self.need(permission)

    def sees(self, workflow_id: str | None) -> bool:
        """Whether they may know of it."""
        return self.role_for(workflow_id) != "none"

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from them."""
        return self.role == "admin" or "none" not in self.grants.values()
