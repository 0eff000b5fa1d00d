"""What people are mailed about their passwords, after the request for it has been answered."""

from starlette.types import Scope

from services.gateway.alerting.telling import deliver
from services.gateway.identity.callers import Caller
from services.gateway.identity.mails import links_base
from services.gateway.identity.recorder import entry_of
from services.gateway.identity.resetting import GOOD_MS, reset_of
from services.gateway.parts import Gateway
from shared.contracts.identity import User
from shared.ids import now_ms
from shared.telemetry import logger

FORGOTTEN = """Somebody, probably you, wants to set a new password for {email}.

The link below does that. It is good once, for {minutes} minutes.
If it was not you, you need do nothing: your password stays as it is."""
CHANGED = """The password of {email} has just been set anew, and all its sessions have ended.

If it was not you, tell whoever runs this installation at once."""
MOST_OPEN = 3
"""So many links are open for one person at most: nobody's letter box is filled by strangers."""
RESET_ATTEMPTS = 6
"""With the waits between them: 20 minutes. Later the link would have run out."""


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
        link = f"{links_base(gateway)}/reset#{token}"
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
