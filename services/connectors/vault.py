"""The vault: opens what was sealed to its public key. Nothing but connectors has its private keys."""

import base64
import binascii
from collections.abc import Sequence

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from shared.sealing import LENGTH, SealingKey, key_bytes, key_of_envelope


class CannotOpen(Exception):
    """An envelope does not open: damaged, in another's place, or sealed to a key that is not here."""


class Vault:
    """Private keys, the newest first: that one seals, all open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a vault needs a key")
        private = [PrivateKey(each) for each in keys]
        self.sealing = SealingKey(bytes(private[0].public_key))
        self._boxes = {SealingKey(bytes(each.public_key)).kid: SealedBox(each) for each in private}

    @classmethod
    def parse(cls, text: str) -> "Vault":
        """From private keys in base64url, separated by commas, newest first; raises ValueError."""
        return cls([key_bytes(each) for each in text.split(",") if each.strip()])

    @property
    def kids(self) -> list[str]:
        """The ids of its keys, the newest first."""
        return list(self._boxes)

    def open(self, envelope: str, context: bytes) -> bytes:
        """What was sealed for this very context; raises CannotOpen, which repeats nothing of it."""
        kid = key_of_envelope(envelope)
        if (box := self._boxes.get(kid)) is None:
            raise CannotOpen(f"it is sealed to the key {kid or '?'!r}, which these connectors do not have")
        try:
            sealed = base64.b64decode(envelope.rpartition(".")[2], altchars=b"-_", validate=True)
            plain = box.decrypt(sealed)
        except (CryptoError, binascii.Error, ValueError):
            raise CannotOpen("it is damaged") from None
        start = LENGTH.size + len(context)
        if plain[:start] != LENGTH.pack(len(context)) + context:
            raise CannotOpen("it was sealed for another place")
        return plain[start:]

    def renewed(self, envelope: str, context: bytes) -> str | None:
        """The same under the newest key; None when it is already. Raises CannotOpen."""
        if key_of_envelope(envelope) == self.sealing.kid:
            return None
        return self.sealing.seal(self.open(envelope, context), context)
