"""Passwords, hashed with argon2id as RFC 9106 recommends it for servers."""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARS = 10
MAX_CHARS = 200
AT_ONCE = 2
"""Each takes some 50 ms of a processor and 64 MB; more at once would stall everybody else."""
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")
_turns = asyncio.Semaphore(AT_ONCE)


async def hashed_password(password: str) -> str:
    """What is kept of a password."""
    async with _turns:
        return await asyncio.to_thread(_HASHER.hash, _spelled(password))


async def is_password(kept: str | None, password: str) -> bool:
    """Whether it is the one that was kept. Takes as long where there is none to compare with."""
    async with _turns:
        right = await asyncio.to_thread(_verified, kept or _NOBODY, _spelled(password))
    return right and kept is not None


def is_dated(kept: str) -> bool:
    """Whether it was hashed with less than is asked for today."""
    return _HASHER.check_needs_rehash(kept)


def _spelled(password: str) -> str:
    """The same letters, however a keyboard has put them together (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def _verified(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
