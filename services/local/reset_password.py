"""`reset-password`: give somebody a new password, for whoever has the installation's API key."""

import argparse
import secrets
from urllib.parse import urlencode

from services.local.client import connected
from services.local.home import LocalError
from services.local.run import target
from services.local.up import say

DRAWN_BYTES = 15


async def main(args: argparse.Namespace) -> int:
    """Prints the new password; raises LocalError when nobody has this address."""
    system = target(args)
    async with connected(system.url, system.api_key, workspace_id=None) as client:
        found = (await client.get(f"people?{urlencode({'email': args.email})}"))["items"]
        if not found:
            raise LocalError(f"nobody here has the address {args.email!r}")
        person = found[0]
        made = await client.post(f"people/{person['id']}/password-reset", {})
        password = secrets.token_urlsafe(DRAWN_BYTES)
        await client.post("auth/reset", {"token": made["token"], "password": password})
    say(f"{person['email']} signs in with this password from now on: {password}")
    say("All their sessions have ended. They had better choose another one.")
    return 0
