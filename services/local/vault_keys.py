"""The vault's keys of a system on this machine: `vault_keys` in the state folder, one private key a line, the
newest first. Elsewhere they are settings: WEFT_VAULT_KEYS of the connectors, WEFT_VAULT_PUBLIC_KEY of the
gateway."""

import argparse
import base64
import os
from pathlib import Path

from nacl.public import PrivateKey

from services.local.home import LocalError, private_folder, weft_home, write_private
from services.local.state import is_up
from shared.sealing import key_bytes, key_id

FILE = "vault_keys"


def vault_settings(home: Path) -> dict[str, str]:
    """The settings that the environment does not give; a first key is drawn when it is needed. Raises
    LocalError when the environment names one half, but not the other."""
    given = [name for name in ("WEFT_VAULT_KEYS", "WEFT_VAULT_PUBLIC_KEY") if os.environ.get(name)]
    if len(given) == 2:
        return {}
    if given:
        raise LocalError(
            f"{given[0]} is set alone; set WEFT_VAULT_KEYS and WEFT_VAULT_PUBLIC_KEY, or neither"
        )
    keys = _read(home) or _write(home, [_new_key()])
    return {"WEFT_VAULT_KEYS": ",".join(keys), "WEFT_VAULT_PUBLIC_KEY": _text(_public(keys[0]))}


async def main(args: argparse.Namespace) -> int:
    """Print a key, put a new one first, or forget the old ones."""
    home = weft_home()
    if args.what == "new-key":
        key = _new_key()
        print(f"WEFT_VAULT_KEYS={key}\nWEFT_VAULT_PUBLIC_KEY={_text(_public(key))}")
        return 0
    keys = _read(home)
    if args.what == "rotate":
        keys = _write(home, [_new_key(), *keys])
        print(f"The new key is {key_id(_public(keys[0]))}. {_next(home)}")
        return 0
    if len(keys) > 1:
        _write(home, keys[:1])
    print(
        f"{max(len(keys) - 1, 0)} old keys forgotten. What is still sealed to them can no longer be opened."
    )
    return 0


def _next(home: Path) -> str:
    told = "then `GET /api/v1/vault` tells when nothing is sealed to old keys, and `vault prune` forgets them"
    return f"{'Restart `up`' if is_up(home) else 'Start `up`'}: all is sealed anew to it; {told}."


def _read(home: Path) -> list[str]:
    try:
        keys = (home / FILE).read_text().split()
        for each in keys:
            key_bytes(each)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise LocalError(f"{home / FILE} cannot be read: {error}") from error
    return keys


def _write(home: Path, keys: list[str]) -> list[str]:
    write_private(private_folder(home) / FILE, "\n".join(keys) + "\n")
    return keys


def _new_key() -> str:
    return _text(bytes(PrivateKey.generate()))


def _public(key: str) -> bytes:
    return bytes(PrivateKey(key_bytes(key)).public_key)


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()
