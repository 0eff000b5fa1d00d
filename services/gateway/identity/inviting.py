"""Invitations into a workspace: `wi_<id>_<secret>`, good once, for a week, for one address."""

from services.gateway.errors import Refused
from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed
from services.gateway.identity.link_tokens import LinkTokens, opens
from services.gateway.identity.membership import joined
from shared.contracts.base import Millis
from shared.contracts.identity import Invitation, Role, User
from shared.ids import new_id

GOOD_MS = 7 * 24 * 3_600_000
TOKENS = LinkTokens("wi", "inv")


def invited(workspace_id: str, email: str, role: Role, by: str, now: Millis) -> tuple[Invitation, str]:
    """A new invitation, and its token."""
    made = Invitation(
        id=new_id("inv"), workspace_id=workspace_id, email=email, role=role, hash="", by=by, created_at=now,
        expires_at=now,
    )  # fmt: skip
    return renewed(made, now)


def renewed(invitation: Invitation, now: Millis) -> tuple[Invitation, str]:
    """The same with another token, which is good for as long as the first was; and that token."""
    token = TOKENS.drawn(invitation.id)
    return invitation.model_copy(update={"hash": hashed(token), "expires_at": now + GOOD_MS}), token


async def opened(directory: Directory, token: str, now: Millis) -> Invitation:
    """The invitation that belongs to this token; raises Refused (`not_found`)."""
    invitation = await directory.invitations.get(TOKENS.id_in(token))
    if (
        invitation is None
        or not opens(token, invitation, now)
        or await directory.workspaces.get(invitation.workspace_id) is None
    ):
        raise Refused("not_found", "This invitation is not good, or no longer: ask for another one")
    return invitation


async def taken(directory: Directory, invitation: Invitation, user: User) -> None:
    """Let the person in. It is used up only after that: who is cut off in between may come again."""
    await joined(directory, invitation.workspace_id, user.id, invitation.role)
    await directory.invitations.remove(invitation.workspace_id, invitation.id)
