"""Passwords set anew without the old one: `wp_<id>_<secret>`, good once, for 45 minutes, and only as long as
nothing else has changed the password."""

from services.gateway.errors import Refused
from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed
from services.gateway.identity.link_tokens import LinkTokens, opens
from services.gateway.identity.passwords import hashed_password
from shared.contracts.base import Millis
from shared.contracts.identity import PasswordReset, User
from shared.ids import new_id

GOOD_MS = 45 * 60_000
MOST_TRIES = 10
TOKENS = LinkTokens("wp", "rst")


def reset_of(user: User, now: Millis) -> tuple[PasswordReset, str]:
    """A new reset for this person, and its token."""
    reset_id = new_id("rst")
    token = TOKENS.drawn(reset_id)
    made = PasswordReset(
        id=reset_id, user_id=user.id, epoch=user.epoch, hash=hashed(token), created_at=now,
        expires_at=now + GOOD_MS,
    )  # fmt: skip
    return made, token


async def chosen(directory: Directory, token: str, password: str, now: Millis) -> User:
    """The person whose token this is, with that password from now on, and without sessions; raises Refused
    (`not_found`). Of several who come with it at once, one is first."""
    reset = await _opened(directory, token, now)
    kept = await hashed_password(password)
    for _ in range(MOST_TRIES):
        user = await _whose(directory, reset)
        changes = {"password": kept, "epoch": user.epoch + 1, "rev": user.rev + 1}
        after = user.model_copy(update=changes)
        if await directory.users.save(after):
            await directory.resets.forget(user.id)
            return after
    raise Refused("stale_revision", "Others keep changing this person; please try again")


async def _opened(directory: Directory, token: str, now: Millis) -> PasswordReset:
    reset = await directory.resets.get(TOKENS.id_in(token))
    if reset is None or not opens(token, reset, now):
        raise _not_good()
    await _whose(directory, reset)
    return reset


async def _whose(directory: Directory, reset: PasswordReset) -> User:
    """Every new password, and every sign-out everywhere, counts `epoch` up: the token is good no more."""
    user = await directory.users.get(reset.user_id)
    if user is None or user.state != "active" or user.epoch != reset.epoch:
        raise _not_good()
    return user


def _not_good() -> Refused:
    return Refused("not_found", "This link is not good, or no longer: ask for another one")
