"""Sealing secrets to the vault's public key: whoever has it can seal, and only connectors can open
(`services/connectors/vault.py`).

    SealingKey.parse(settings.vault_public_key).seal(b"s3cret", context_of("variable", workspace_id, name))

An envelope is `sealed.v1.<key id>.<base64url of a NaCl sealed box>`, text that can be stored anywhere. The
context, which says where it belongs, lies inside: moved to another place, an envelope does not open."""

import base64
import binascii
import struct
from dataclasses import dataclass
from hashlib import sha256

from nacl.public import PublicKey, SealedBox

PREFIX = "sealed.v1"
KEY_BYTES = 32
LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class SealingKey:
    """A public key of the vault. Its id follows from it, so that no other key can go by the same one."""

    public: bytes

    @property
    def kid(self) -> str:
        """The key's id, as it stands in envelopes."""
        return key_id(self.public)

    @classmethod
    def parse(cls, text: str) -> "SealingKey":
        """From base64; raises ValueError when it is not the 32 bytes of a key."""
        return cls(key_bytes(text))

    def seal(self, plaintext: bytes, context: bytes) -> str:
        """An envelope that opens only as what `context` says it is."""
        box = SealedBox(PublicKey(self.public))
        sealed = box.encrypt(LENGTH.pack(len(context)) + context + plaintext)
        return f"{PREFIX}.{self.kid}.{base64.urlsafe_b64encode(sealed).decode()}"


def context_of(*parts: str) -> bytes:
    """The context of a place: its kind, the workspace, ids. No two lists of parts come to the same bytes."""
    return b"".join(LENGTH.pack(len(raw)) + raw for raw in (part.encode() for part in parts))


def key_of_envelope(envelope: str) -> str:
    """The id of the key that an envelope is sealed to; empty when it is no envelope."""
    prefix, _, rest = envelope.rpartition(".")[0].rpartition(".")
    return rest if prefix == PREFIX else ""


def key_id(public: bytes) -> str:
    """The id of a public key: 16 hexadecimal digits of its SHA-256."""
    return sha256(public).hexdigest()[:16]


def key_bytes(text: str) -> bytes:
    """A key, private or public, from base64; raises ValueError, which does not repeat what was given."""
    try:
        raw = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError(
            f"a key of the vault is {KEY_BYTES} bytes in base64url; make one with `vault new-key`"
        )
    return raw
