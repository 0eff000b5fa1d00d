"""`up`: the whole system, until Ctrl-C."""

import argparse
import asyncio
import os

from services.local.home import LocalError, weft_home
from services.local.system import running_system

DEFAULT_PORT = 8400


async def main(args: argparse.Namespace) -> int:
    """Stays until it is cancelled; raises LocalError when a child cannot be kept alive."""
    host, allow = os.environ.get("WEFT_HOST", "127.0.0.1"), os.environ.get("WEFT_HTTP_ALLOW", "")
    async with running_system(weft_home(), port=port(), say=say, http_allow=allow, host=host) as system:
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
