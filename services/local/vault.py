"""`vault`: the keys of a system on this machine: print one, put a new one first, forget the old ones."""

import argparse
from collections.abc import Collection
from pathlib import Path

from services.local.client import connected
from services.local.home import LocalError, weft_home
from services.local.state import is_up, read_local
from services.local.vault_keys import key_text, new_key, public_of, read_keys, write_keys
from shared.sealing import key_id

FORCED = "`vault prune --force` forgets them all the same: what is sealed to them is lost then"


async def main(args: argparse.Namespace) -> int:
    """Print a key, put a new one first, or forget the old ones."""
    home = weft_home()
    if args.what == "new-key":
        key = new_key()
        print(f"WEFT_VAULT_KEYS={key}\nWEFT_VAULT_PUBLIC_KEY={key_text(public_of(key))}")
        return 0
    keys = read_keys(home)
    if args.what == "rotate":
        keys = write_keys(home, [new_key(), *keys])
        print(f"The new key is {key_id(public_of(keys[0]))}. {_next(home)}")
        return 0
    old = [key_id(public_of(each)) for each in keys[1:]]
    if old and not args.force:
        await _check_unused(home, old)
    if old:
        write_keys(home, keys[:1])
    print(f"{len(old)} old keys forgotten: {', '.join(old) or 'none'}")
    return 0


def _next(home: Path) -> str:
    told = "then `GET /api/v1/vault` tells when nothing is sealed to old keys, and `vault prune` forgets them"
    return f"{'Restart `up`' if is_up(home) else 'Start `up`'}: all is sealed anew to it; {told}."


async def _check_unused(home: Path, kids: Collection[str]) -> None:
    """Raises LocalError unless the system that is up says that nothing is sealed to these keys, and nothing
    will be."""
    system = read_local(home)
    if system is None or not is_up(home):
        raise LocalError(f"nobody can say what is sealed to old keys: start the system in {home}. {FORCED}")
    async with connected(system.url, system.api_key, workspace_id=None) as client:
        vault = await client.get("vault")
    if vault["kid"] in kids:
        raise LocalError(f"the gateway still seals to {vault['kid']}: restart it first. {FORCED}")
    left = {kid: count for kid, count in vault["sealed"].items() if kid in kids}
    if left:
        many, named = sum(left.values()), ", ".join(f"{count} to {kid}" for kid, count in left.items())
        raise LocalError(
            f"{many} things are still sealed to old keys ({named}); connectors seal them anew, as long as "
            f"they have both keys: try again in a minute. {FORCED}"
        )
