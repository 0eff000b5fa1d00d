"""Invitations by mail. What somebody else wrote stays short, and on one line."""

from pymongo.errors import PyMongoError

from services.gateway.alerting.telling import deliver
from services.gateway.parts import Gateway
from shared.contracts.identity import Invitation
from shared.mail_address import UNPRINTABLE, is_address
from shared.telemetry import logger

MOST_NAME_CHARS = 80
INVITED = """{by} invites you to the workspace "{workspace}" of Weft, as {role}.

The link below lets you in. It is good once, for a week, and for {email} only.
If you do not know what this is about, you need do nothing."""


async def mail_invitation(gateway: Gateway, invitation: Invitation, token: str) -> bool:
    """Have an invitation sent to whom it is for. False where no mails are sent, or not to such an address, or
    it cannot be kept now: the invitation is there all the same."""
    if not gateway.sends_mail or not is_address(invitation.email):
        return False
    workspace = await gateway.directory.workspace(invitation.workspace_id)
    by, name = _short(invitation.by), _short(workspace.name if workspace else "")
    text = INVITED.format(by=by, workspace=name, role=invitation.role, email=invitation.email)
    subject, link = f"{by} invites you to {name}", f"{links_base(gateway)}/invitation#{token}"
    try:
        await deliver(gateway, invitation.email, subject, text, link=link)
    except PyMongoError as error:
        said = f"{type(error).__name__}: {error}"[:300]
        logger.warning("invitation.not_mailed", invitation_id=invitation.id, error=said)
        return False
    return True


def links_base(gateway: Gateway) -> str:
    """What links in mails begin with. Never the request's Host header: whoever sends that could have tokens
    sent to themselves."""
    return gateway.public_url.rstrip("/")


def _short(text: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", text).split())[:MOST_NAME_CHARS]
