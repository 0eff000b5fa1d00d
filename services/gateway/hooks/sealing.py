"""Secrets of webhooks as they are kept: sealed where a gateway has to read them again, keyed digests where it
only has to recognise them. The keys are made of the installation's secret, one for each trigger, so that what
is kept of one is worth nothing in another, nor to who has the store alone."""

import base64
import hmac
from hashlib import sha256
from secrets import token_bytes, token_hex, token_urlsafe

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from shared.contracts.webhook import Keyed, Sealed

TOKEN_BYTES = 24
SIGNING_BYTES = 32
SIGNING_PREFIX = "whsec_"


class Sealing:
    """Seals with the first of the installation's secrets, and opens what any of them has sealed."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = {_derived(each, "webhook key id").hex()[:16]: each for each in secrets}
        self._newest = next(iter(self._secrets))

    def seal(self, trigger_id: str, text: str) -> Sealed:
        """A secret of this trigger, to be opened again."""
        box = SecretBox(self._key(self._newest, "sealing", trigger_id))
        return Sealed(key=self._newest, text=base64.b64encode(box.encrypt(text.encode())).decode())

    def open(self, trigger_id: str, sealed: Sealed) -> str | None:
        """The secret; None when it was sealed with a key that is gone, or for another trigger."""
        if sealed.key not in self._secrets:
            return None
        try:
            box = SecretBox(self._key(sealed.key, "sealing", trigger_id))
            return box.decrypt(base64.b64decode(sealed.text)).decode()
        except (CryptoError, ValueError):
            return None

    def keyed(self, trigger_id: str, text: str) -> Keyed:
        """What is kept of a secret of this trigger, to recognise it by."""
        salt = token_hex(16)
        return Keyed(key=self._newest, salt=salt, digest=self._digest(self._newest, trigger_id, salt, text))

    def is_it(self, trigger_id: str, keyed: Keyed | None, given: str) -> bool:
        """Whether it is that secret; takes as long when it is not."""
        if keyed is None or keyed.key not in self._secrets:
            return False
        digest = self._digest(keyed.key, trigger_id, keyed.salt, given)
        return hmac.compare_digest(digest, keyed.digest)

    def _digest(self, key_id: str, trigger_id: str, salt: str, text: str) -> str:
        key = self._key(key_id, "recognising", trigger_id)
        return hmac.new(key, f"{salt}\n{text}".encode("utf-8", "surrogateescape"), sha256).hexdigest()

    def _key(self, key_id: str, purpose: str, trigger_id: str) -> bytes:
        return _derived(self._secrets[key_id], f"webhook {purpose}\n{trigger_id}")


def new_token() -> str:
    """The part of an address that nobody can guess: 192 bits."""
    return token_urlsafe(TOKEN_BYTES)


def address_of(token: str) -> str:
    """What an address is found by. The token is drawn from 192 bits, so a fast hash is a good one."""
    return sha256(token.encode()).hexdigest()


def new_signing_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return SIGNING_PREFIX + base64.b64encode(token_bytes(SIGNING_BYTES)).decode()


def new_password() -> str:
    """A secret to be sent as it is."""
    return token_urlsafe(TOKEN_BYTES)


def _derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose only."""
    return hmac.new(secret.encode(), f"weft {purpose}".encode(), sha256).digest()
