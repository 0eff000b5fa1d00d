"""Whose account here somebody is whom the OpenID provider knows."""

from services.gateway.errors import Refused
from services.gateway.identity.inviting import taken
from services.gateway.identity.newcomers import new_user, new_workspace
from services.gateway.identity.provider import Known
from services.gateway.parts import Gateway
from shared.contracts.identity import Identity, User
from shared.ids import now_ms


async def recognised(gateway: Gateway, known: Known, domains: frozenset[str]) -> User:
    """Their account, or a new one. An address alone opens no account that has a password, or is somebody's
    at the provider already: it may have been taken here by somebody who never had it. Raises Refused."""
    if domains and known.email.rpartition("@")[2] not in domains:
        raise Refused("forbidden", "Only verified addresses of certain domains can sign in this way")
    directory, now = gateway.directory, now_ms()
    if identity := await directory.identities.get(known.issuer, known.subject):
        user = await directory.users.get(identity.user_id)
    else:
        if not known.email:
            raise Refused("forbidden", "Your address there is not verified, and nobody here is known by it")
        user = await directory.users.with_email(known.email)
        if user is None:
            user = await _welcomed(gateway, known)
        elif user.password or await directory.identities.of_user(user.id):
            raise Refused(
                "not_linked", "There is an account with your address: sign in as before, then link this one"
            )
        await linked(gateway, known, user)
    if user is None or user.state != "active":
        raise Refused("forbidden", "This account has been shut out")
    if known.email == user.email:
        for invitation in await directory.invitations.of_address(user.email, now):
            await taken(directory, invitation, user)
        await gateway.access_changed()
    return user


async def linked(gateway: Gateway, known: Known, user: User) -> None:
    """Know this person by it from now on. Raises Refused (`already_linked`) when somebody else is."""
    directory = gateway.directory
    identity = Identity(
        issuer=known.issuer, subject=known.subject, user_id=user.id, email=known.email, created_at=now_ms()
    )
    if not await directory.identities.insert(identity):
        there = await directory.identities.get(known.issuer, known.subject)
        if there is None or there.user_id != user.id:
            raise Refused("already_linked", "Somebody else here is known by that account already")


async def _welcomed(gateway: Gateway, known: Known) -> User:
    """A new account, for who is invited, or for anybody where sign-up is open."""
    invited = await gateway.directory.invitations.of_address(known.email, now_ms())
    if not invited and gateway.sign_up != "open":
        raise Refused("forbidden", "Nobody can sign up here: ask an admin of your workspace to invite you")
    user = await new_user(gateway, known.email, known.name, None)
    if user is None:
        raise Refused("stale_revision", "Somebody has just taken this address; please try again")
    if not invited:
        await new_workspace(gateway, user.id, f"{known.name or known.email}'s workspace"[:200])
    return user
