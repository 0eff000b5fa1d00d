"""Making keys: none can do more, or lasts longer, than what it was made with."""

from collections.abc import Sequence

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller
from services.gateway.identity.directory import Directory
from services.gateway.identity.keys import hashed, new_key
from shared.contracts.base import Millis
from shared.contracts.identity import ROLES, ApiKey, KeyKind, Role
from shared.ids import now_ms

DAY_MS = 24 * 3_600_000
MOST_KEYS = 100


def check_scopes(wanted: Sequence[str] | None, caller: Caller) -> None:
    """Raises Refused when a key would be good for more than the one it is made with."""
    if caller.scopes is None:
        return
    beyond = sorted(set(wanted) - caller.scopes) if wanted is not None else ["everything"]
    if beyond:
        raise Refused("forbidden", f"A key cannot make one that may do more: {', '.join(beyond)}")


def check_role(wanted: Role, own: Role) -> None:
    """Raises Refused when it is a higher one."""
    if ROLES.index(wanted) > ROLES.index(own):
        raise Refused("forbidden", f"You are {own} here: you cannot give the role {wanted}")


async def made_key(
    directory: Directory,
    caller: Caller,
    kind: KeyKind,
    name: str,
    *,
    scopes: Sequence[str] | None,
    days: int | None,
    owner: dict[str, str],
) -> tuple[ApiKey, str]:
    """A new key that is kept, and what it reads; `owner` are the fields that say whose it is."""
    check_scopes(scopes, caller)
    key_id, text = new_key()
    now = now_ms()
    key = ApiKey.model_validate(
        {
            "id": key_id,
            "kind": kind,
            "name": name,
            "hash": hashed(text),
            "scopes": None if scopes is None else sorted(set(scopes)),
            "created_at": now,
            "expires_at": await latest_end(directory, caller, now + days * DAY_MS if days else None),
            **owner,
        }
    )
    await directory.keys.insert(key)
    return key, text


def check_room(keys: Sequence[ApiKey]) -> None:
    """Raises Refused when there are too many."""
    if len(keys) >= MOST_KEYS:
        raise Refused("not_possible", f"There are {MOST_KEYS} keys already: remove some first")


async def latest_end(directory: Directory, caller: Caller, wanted: Millis | None) -> Millis | None:
    """No later than the end of the key that is presented, if it has one."""
    own = await directory.key(caller.key_id) if caller.key_id else None
    ends = [at for at in (wanted, own.expires_at if own else None) if at is not None]
    return min(ends) if ends else None
