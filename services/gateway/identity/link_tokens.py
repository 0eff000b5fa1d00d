"""Tokens of links that open something once: `<prefix>_<id>_<secret>`, of which only a hash is kept."""

import re
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol

from services.gateway.identity.keys import hashed
from services.gateway.identity.tokens import compare
from shared.contracts.base import Millis


class Opened(Protocol):
    """What a token opens."""

    hash: str
    expires_at: Millis


@dataclass(frozen=True)
class LinkTokens:
    """Those for things whose ids begin with `kind`."""

    prefix: str
    kind: str

    def drawn(self, thing_id: str) -> str:
        """A new one."""
        return f"{self.prefix}_{thing_id.removeprefix(f'{self.kind}_')}_{token_hex(24)}"

    def id_in(self, token: str) -> str:
        """The id of the thing it would open; an empty text when it is no such token."""
        found = re.fullmatch(rf"{self.prefix}_([0-9A-Z]{{26}})_[0-9a-f]{{48}}", token)
        return f"{self.kind}_{found[1]}" if found else ""


def opens(token: str, thing: Opened, now: Millis) -> bool:
    """Whether it is the thing's own, and that has not run out."""
    return compare(thing.hash, hashed(token)) and now < thing.expires_at
