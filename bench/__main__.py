"""`python -m bench [name ...]`: one JSON line each. Exits 1 when an answer is wrong or there is no system."""

import argparse
import asyncio
import sys

import aiohttp
import orjson

from bench.client import Client, WrongAnswer
from bench.system import NotRunning, System, own_system, running_system
from bench.workloads import NAMES, Bench
from services.local.home import LocalError, weft_home


async def measure(names: list[str], system: System) -> None:
    """Print each figure as soon as it is known."""
    async with Client(system.url, system.api_key, system.workspace_id) as client:
        bench = Bench(system, client)
        for name in names:
            row = {"name": name, **await getattr(bench, name)()}
            print(orjson.dumps(row).decode(), flush=True)


async def main(arguments: argparse.Namespace) -> int:
    """Measure what was asked for; the exit code."""
    running = arguments.running or arguments.url or arguments.api_key
    code = 0
    try:
        system = running_system(weft_home(), arguments.url, arguments.api_key) if running else own_system()
        async with system as up:
            await measure(arguments.names or list(NAMES), up)
    except* (WrongAnswer, NotRunning, LocalError, aiohttp.ClientError) as errors:
        print(f"bench: {_first(errors)}", file=sys.stderr)
        code = 1
    return code


def _first(errors: BaseException) -> BaseException:
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--running", action="store_true", help="measure the system that is up")
    parser.add_argument("--url", help="address of a running system")
    parser.add_argument("--api-key", help="its API key")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - set(NAMES)):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    return arguments


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parsed())))
