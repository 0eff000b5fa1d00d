"""`up`: the whole system, until Ctrl-C."""

import argparse
import asyncio
import os

from services.local.home import LocalError, weft_home
from services.local.system import SERVICES, running_system

DEFAULT_PORT = 8400
MOST_REPLICAS = 20


async def main(args: argparse.Namespace) -> int:
    """Stays until it is cancelled; raises LocalError when a child cannot be kept alive."""
    host, allow = os.environ.get("WEFT_HOST", "127.0.0.1"), os.environ.get("WEFT_HTTP_ALLOW", "")
    async with running_system(
        weft_home(), port=port(), say=say, http_allow=allow, host=host, replicas=replicas()
    ) as system:
        about = system.about
        say(f"\nWeft is up.\n  URL      {about.url}\n  API key  {about.api_key}\n  State    {system.home}")
        say("Try `python -m services run examples/lead-scoring.yaml` in another terminal. Ctrl-C stops it.\n")
        await system.watch()
        await asyncio.Event().wait()
    return 0


def say(text: str) -> None:
    """Tell the person at the terminal, now."""
    print(text, flush=True)


def port() -> int:
    """The gateway's port by WEFT_PORT; raises LocalError when it is none."""
    text = os.environ.get("WEFT_PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise LocalError(f"WEFT_PORT is {text!r}, which is not a port (1-65535)")
    return int(text)


def replicas() -> dict[str, int]:
    """How many of each service there are to be, by WEFT_REPLICAS; raises LocalError when it says nothing."""
    text = os.environ.get("WEFT_REPLICAS", "")
    found: dict[str, int] = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        name, _, count = part.partition("=")
        if name not in SERVICES or not count.isdecimal() or not 0 < int(count) <= MOST_REPLICAS:
            most = f"up to {MOST_REPLICAS} each of {', '.join(SERVICES)}"
            raise LocalError(f"WEFT_REPLICAS has {part!r}: write it as planner=2,runner=3, with {most}")
        found[name] = int(count)
    return found
