"""What may be done, and the least role that may do it."""

from typing import Literal, get_args

from shared.contracts.identity import ROLES, Granted, Role

Permission = Literal[
    "workflows:read",
    "runs:read",
    "triggers:read",
    "credentials:read",
    "variables:read",
    "alerts:read",
    "analytics:read",
    "members:read",
    "usage:read",
    "runs:write",
    "reviews:decide",
    "alerts:acknowledge",
    "workflows:write",
    "graphs:run",
    "triggers:write",
    "credentials:write",
    "variables:write",
    "alerts:write",
    "members:write",
    "keys:read",
    "keys:write",
    "audit:read",
    "workspace:write",
    "platform",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
WITHIN: tuple[Permission, ...] = tuple(each for each in PERMISSIONS if each != "platform")
"""All that a role in a workspace may give."""

FIRST_OF: dict[Role, Permission] = {
    "viewer": "workflows:read",
    "runner": "runs:write",
    "editor": "workflows:write",
    "admin": "members:write",
}
"""From here on a permission needs this role."""


def _least() -> dict[Permission, Role]:
    firsts: dict[Permission, Role] = {permission: role for role, permission in FIRST_OF.items()}
    role: Role = "viewer"
    least: dict[Permission, Role] = {}
    for permission in WITHIN:
        role = firsts.get(permission, role)
        least[permission] = role
    return least


LEAST: dict[Permission, Role] = _least()


def allows(role: Granted, permission: Permission) -> bool:
    """Whether a role in a workspace, or for a workflow, may do this."""
    if role == "none" or permission not in LEAST:
        return False
    return ROLES.index(role) >= ROLES.index(LEAST[permission])
