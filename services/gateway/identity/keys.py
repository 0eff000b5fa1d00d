"""API keys: `wk_<public part>_<secret>`. The public part finds the key, the secret proves it; only a hash of
the whole is kept."""

import re
from hashlib import sha256
from secrets import compare_digest, token_hex

from shared.contracts.base import Millis
from shared.contracts.identity import ApiKey

PREFIX = "wk_"
KEY = re.compile(r"wk_([0-9a-f]{12})_[0-9a-f]{48}")


def new_key() -> tuple[str, str]:
    """The id of a new key, and the key itself."""
    public = token_hex(6)
    return f"key_{public}", f"{PREFIX}{public}_{token_hex(24)}"


def hashed(key: str) -> str:
    """What is kept of a key. It is drawn from 192 bits, so a fast hash is a good one."""
    return sha256(key.encode()).hexdigest()


def key_id_of(text: str) -> str | None:
    """The id of the key, if the text looks like one."""
    found = KEY.fullmatch(text)
    return f"key_{found[1]}" if found else None


def shown_prefix(key: ApiKey) -> str:
    """The beginning of the key, by which people know it."""
    return f"{PREFIX}{key.id.removeprefix('key_')}_"


def opens(key: ApiKey, given: str, now: Millis) -> bool:
    """Whether this is that key, and it has not run out."""
    genuine = compare_digest(key.hash.encode(), hashed(given).encode())
    return genuine and not key.run_out(now)


def presented(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The key or token among a request's raw headers."""
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip().decode("latin-1")
        if name == b"x-api-key":
            return value.decode("latin-1")
    return None
