"""What people are mailed about themselves. What somebody else wrote stays short, and on one line."""

from pymongo.errors import PyMongoError
from starlette.types import Scope

from services.gateway.alerting.telling import deliver
from services.gateway.identity.callers import Caller
from services.gateway.identity.recorder import entry_of
from services.gateway.identity.resetting import GOOD_MS, reset_of
from services.gateway.parts import Gateway
from shared.contracts.identity import Invitation, User
from shared.ids import now_ms
from shared.mail_address import UNPRINTABLE
from shared.telemetry import logger

MOST_NAME_CHARS = 80
INVITED = """{by} invites you to the workspace "{workspace}" of Weft, as {role}.

The link below lets you in. It is good once, for a week, and for {email} only.
If you do not know what this is about, you need do nothing."""

FORGOTTEN = """Somebody, probably you, wants to set a new password for {email}.

The link below does that. It is good once, for {minutes} minutes.
If it was not you, you need do nothing: your password stays as it is."""
CHANGED = """The password of {email} has just been set anew, and all its sessions have ended.

If it was not you, tell whoever runs this installation at once."""
MOST_OPEN = 3
"""So many links are open for one person at most: nobody's letter box is filled by strangers."""
RESET_ATTEMPTS = 6
"""With the waits between them: 20 minutes. Later the link would have run out."""


async def mail_invitation(gateway: Gateway, invitation: Invitation, token: str) -> bool:
    """Have an invitation sent to whom it is for. False where no mails are sent, or it cannot be kept now: the
    invitation is there all the same."""
    if not gateway.sends_mail:
        return False
    workspace = await gateway.directory.workspace(invitation.workspace_id)
    by, name = _short(invitation.by), _short(workspace.name if workspace else "")
    text = INVITED.format(by=by, workspace=name, role=invitation.role, email=invitation.email)
    subject, link = f"{by} invites you to {name}", f"{_base(gateway)}/invitation#{token}"
    try:
        await deliver(gateway, invitation.email, subject, text, link=link)
    except PyMongoError as error:
        said = f"{type(error).__name__}: {error}"[:300]
        logger.warning("invitation.not_mailed", invitation_id=invitation.id, error=said)
        return False
    return True


async def mail_reset(gateway: Gateway, email: str, scope: Scope) -> None:
    """Have a link sent to whoever has this address, if they have a password that they may have forgotten.
    Never raises: nobody waits for it."""
    try:
        user, now = await gateway.directory.users.with_email(email), now_ms()
        if user is None or user.state != "active" or user.password is None:
            return
        if len(await gateway.directory.resets.open_of(user.id, now)) >= MOST_OPEN:
            return
        reset, token = reset_of(user, now)
        await gateway.directory.resets.insert(reset)
        text = FORGOTTEN.format(email=user.email, minutes=GOOD_MS // 60_000)
        link = f"{_base(gateway)}/reset#{token}"
        await deliver(
            gateway, user.email, "Set a new password", text, link=link, most_attempts=RESET_ATTEMPTS
        )
        await gateway.audit.insert([entry_of(scope, Caller("person", user.id, user.email), 202)])
    except Exception as error:
        logger.warning("reset.not_mailed", error=f"{type(error).__name__}: {error}"[:300])


async def mail_new_password(gateway: Gateway, user: User) -> None:
    """Tell somebody that their password is another one now. Never raises."""
    if not gateway.sends_mail:
        return
    try:
        text = CHANGED.format(email=user.email)
        await deliver(gateway, user.email, "Your password has been set anew", text)
    except Exception as error:
        logger.warning("new_password.not_mailed", error=f"{type(error).__name__}: {error}"[:300])


def _base(gateway: Gateway) -> str:
    """Never the request's Host header: whoever sends that could have tokens sent to themselves."""
    return gateway.public_url.rstrip("/")


def _short(text: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", text).split())[:MOST_NAME_CHARS]
