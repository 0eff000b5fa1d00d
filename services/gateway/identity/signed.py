"""Claims that leave the house and come back: JWTs, signed with a key for one purpose only."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.gateway.identity.tokens import ALGORITHM, derived
from shared.contracts.base import Millis


class Signed:
    """Writes and reads them. `secrets` are the installation's, as for `Tokens`."""

    def __init__(self, secrets: list[str], purpose: str) -> None:
        self._keys = [OctKey.import_key(derived(each, purpose)) for each in secrets]

    def written(self, claims: Mapping[str, Any], lasts_s: int, now: Millis) -> str:
        """These, for so many seconds."""
        until = {**claims, "exp": now // 1000 + lasts_s}
        return jwt.encode({"alg": ALGORITHM}, until, self._keys[0], algorithms=[ALGORITHM])

    def read(self, text: str, now: Millis) -> dict[str, Any] | None:
        """What was written; None unless it was written here, for this, and has not run out."""
        for key in self._keys:
            try:
                claims = jwt.decode(text, key, algorithms=[ALGORITHM]).claims
            except (JoseError, ValueError, TypeError):
                continue
            if int(claims.pop("exp")) > now // 1000:
                return claims
        return None
