"""Signing in: the one place where a password is checked, and the life of a session."""

from starlette.requests import Request

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller
from services.gateway.identity.directory import Directory
from services.gateway.identity.passwords import hashed_password, is_dated, is_password
from services.gateway.identity.recorder import entry_of
from services.gateway.parts import Gateway
from shared.contracts.identity import Session, User
from shared.ids import new_id, now_ms
from shared.telemetry import logger

IDLE_MS = 30 * 24 * 3_600_000
"""A session that is not used for so long has ended."""
MOST_TRIES = 10
MOST_AGENT_CHARS = 300


async def person_with(gateway: Gateway, request: Request, email: str, password: str) -> User | None:
    """Whose address and password these are; raises Refused (`rate_limited`) for who has guessed too often."""
    address = request.client.host if request.client else ""
    await gateway.throttle.check(email, address, now_ms())
    user = await _matching(gateway.directory, email, password)
    if user is None:
        await gateway.throttle.failed(email, address, now_ms())
    else:
        await gateway.throttle.succeeded(email, address)
    return user


async def _matching(directory: Directory, email: str, password: str) -> User | None:
    """Takes the same way, and time, where there is nobody."""
    user = await directory.users.with_email(email)
    right = await is_password(user.password if user else None, password)
    if user is None or not right or user.state != "active":
        return None
    if user.password and is_dated(user.password):
        fresh = {"password": await hashed_password(password), "rev": user.rev + 1}
        await directory.users.save(user.model_copy(update=fresh))
    return user


async def begun(gateway: Gateway, request: Request, user: User) -> Session:
    """A session of this person, which the audit log then knows as the caller."""
    now = now_ms()
    session = Session(
        id=new_id("ses"), user_id=user.id, epoch=user.epoch, created_at=now, used_at=now,
        expires_at=now + IDLE_MS, agent=request.headers.get("user-agent", "")[:MOST_AGENT_CHARS],
        address=request.client.host if request.client else "",
    )  # fmt: skip
    await gateway.directory.sessions.forget(user.id, now)
    await gateway.directory.sessions.insert(session)
    known(request, user, session)
    return session


async def renewed(gateway: Gateway, request: Request, token: str) -> tuple[User, Session]:
    """The session that a refresh token continues. One that was used before has been stolen, or stolen from:
    nobody can tell by whom, so the session ends. Raises Refused (`unauthorized`)."""
    now, (user, session, turn) = now_ms(), await _found(gateway, token)
    if turn == session.turn:
        change = {"turn": turn + 1, "used_at": now, "expires_at": now + IDLE_MS, "rev": session.rev + 1}
        later = session.model_copy(update=change)
        if await gateway.directory.sessions.save(later):
            return user, later
    logger.warning("session.refresh_reused", session=session.id, user=user.id)
    await ended(gateway, session.id)
    await refused(gateway, request, Caller("person", user.id, user.email, session_id=session.id))
    raise unauthorized()


async def signed_out(gateway: Gateway, request: Request, token: str) -> None:
    """End the session of a refresh token; one that has ended already is fine. Raises Refused."""
    named = gateway.tokens.turn(token)
    session = await gateway.directory.sessions.get(named[0]) if named else None
    if session is None:
        raise unauthorized()
    await ended(gateway, session.id)
    if user := await gateway.directory.users.get(session.user_id):
        known(request, user, session)


async def ended(gateway: Gateway, session_id: str) -> None:
    """End a session, everywhere at once."""
    for _ in range(MOST_TRIES):
        session = await gateway.directory.sessions.get(session_id)
        if session is None or session.ended_at:
            return
        over = session.model_copy(update={"ended_at": now_ms(), "rev": session.rev + 1})
        if await gateway.directory.sessions.save(over):
            await gateway.access_changed()
            return
    raise Refused("stale_revision", "This session keeps changing; please try again")


async def changed_user(gateway: Gateway, user_id: str, **changes: object) -> User:
    """Save changes to a person; with `password` or `epoch` all their sessions end, for `epoch` counts up."""
    for _ in range(MOST_TRIES):
        before = await gateway.directory.users.get(user_id)
        if before is None:
            raise Refused("not_found", f"There is no user {user_id!r}")
        anew = {"epoch": before.epoch + 1} if {"password", "epoch"} & changes.keys() else {}
        after = before.model_copy(update={**changes, **anew, "rev": before.rev + 1})
        if await gateway.directory.users.save(after):
            await gateway.access_changed()
            return after
    raise Refused("stale_revision", "Others keep changing this person; please try again")


def known(request: Request, user: User, session: Session) -> None:
    """Tell the audit log whose request this has turned out to be."""
    request.scope["caller"] = Caller("person", user.id, user.email, owner=user.owner, session_id=session.id)


async def refused(gateway: Gateway, request: Request, caller: Caller) -> None:
    """Record an attempt that has failed."""
    await gateway.audit.insert([entry_of(request.scope, caller, 401)])


def unauthorized() -> Refused:
    """The one sentence for whatever is wrong with an address, a password or a token."""
    return Refused("unauthorized", "That did not work: check what you sign in with, or sign in anew")


async def _found(gateway: Gateway, token: str) -> tuple[User, Session, int]:
    """Person, session and turn of a refresh token that was given out here; raises Refused."""
    named = gateway.tokens.turn(token)
    session = await gateway.directory.sessions.get(named[0]) if named else None
    if named is None or session is None or session.ended_at or session.expires_at <= now_ms():
        raise unauthorized()
    user = await gateway.directory.users.get(session.user_id)
    if user is None or user.state != "active" or session.epoch != user.epoch:
        raise unauthorized()
    return user, session, named[1]
