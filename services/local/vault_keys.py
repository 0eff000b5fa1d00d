"""The vault's keys of a system on this machine: `vault_keys` in the state folder, one private key a line, the
newest first. Elsewhere they are settings: WEFT_VAULT_KEYS of the connectors, WEFT_VAULT_PUBLIC_KEY of the
gateway."""

import base64
from pathlib import Path

from nacl.public import PrivateKey

from services.local.home import LocalError, given_together, private_folder, write_private
from shared.sealing import key_bytes

FILE = "vault_keys"


def vault_settings(home: Path) -> dict[str, str]:
    """The settings that the environment does not give; a first key is drawn when it is needed. Raises
    LocalError when the environment names one half, but not the other."""
    if given_together("WEFT_VAULT_KEYS", "WEFT_VAULT_PUBLIC_KEY"):
        return {}
    keys = read_keys(home) or write_keys(home, [new_key()])
    return {"WEFT_VAULT_KEYS": ",".join(keys), "WEFT_VAULT_PUBLIC_KEY": key_text(public_of(keys[0]))}


def read_keys(home: Path) -> list[str]:
    """The private keys, the newest first; none where none was drawn yet."""
    try:
        keys = (home / FILE).read_text().split()
        for each in keys:
            key_bytes(each)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise LocalError(f"{home / FILE} cannot be read: {error}") from error
    return keys


def write_keys(home: Path, keys: list[str]) -> list[str]:
    """Keep these from now on."""
    write_private(private_folder(home) / FILE, "\n".join(keys) + "\n")
    return keys


def new_key() -> str:
    """A private key."""
    return key_text(bytes(PrivateKey.generate()))


def public_of(key: str) -> bytes:
    """What belongs to it."""
    return bytes(PrivateKey(key_bytes(key)).public_key)


def key_text(key: bytes) -> str:
    """As settings have it."""
    return base64.urlsafe_b64encode(key).decode()
