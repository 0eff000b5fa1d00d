"""`dead`: look at messages that nobody could handle, send them again, or drop them."""

import argparse
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from services.local.client import Client, Refusal, connected
from services.local.home import LocalError
from services.local.run import target
from services.local.up import say

PAGE = 200
SHOWN = 50
Letter = dict[str, Any]


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when all that was wanted could be done."""
    system = target(args)
    async with connected(system.url, system.api_key, workspace_id=None) as client:
        match args.what:
            case "list":
                return await _list(client, args.queue)
            case "show":
                found = await client.get(f"dead-letters/{quote(args.id, safe='')}")
                say(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
                return 0
            case _:
                return await _each(client, args)


async def _list(client: Client, queue: str | None) -> int:
    shown = 0
    async for letter in letters(client, queue):
        if shown == SHOWN:
            say("... and more: `dead list --queue <name>` shows those of one queue")
            break
        say(_line(letter))
        shown += 1
    if not shown:
        say("no dead letters")
    return 0


async def _each(client: Client, args: argparse.Namespace) -> int:
    """Replay or drop those wanted, and go on when one cannot be."""
    if bool(args.ids) == args.all:
        raise LocalError(f"`dead {args.what}` needs either ids or --all (of one queue with --queue)")
    failed = 0
    wanted = args.ids or [letter["id"] async for letter in letters(client, args.queue)]
    for letter_id in wanted:
        path = f"dead-letters/{quote(letter_id, safe='')}"
        try:
            if args.what == "replay":
                letter = await client.post(f"{path}/replay", {})
                say(f"{letter_id} replayed to {letter['routing_key']}")
            else:
                await client.delete(path)
                say(f"{letter_id} dropped")
        except Refusal as refusal:
            failed += 1
            say(str(refusal))
    if not wanted:
        say("no dead letters")
    return 1 if failed else 0


async def letters(client: Client, queue: str | None = None) -> AsyncIterator[Letter]:
    """All dead letters, of one queue if given, the latest first."""
    query: dict[str, str | int] = {"limit": PAGE, **({"queue": queue} if queue else {})}
    while True:
        page = await client.get(f"dead-letters?{urlencode(query)}")
        for letter in page["items"]:
            yield letter
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def _line(letter: Letter) -> str:
    cut = ", too large to be replayed" if letter["cut"] else ""
    kind = letter["type"] or "(no type)"
    return (
        f"{letter['id']}  {letter['died_at'] or '-'}  {letter['queue'] or '-'}  {kind}  "
        f"{letter['reason'] or '-'}  {letter['size']} bytes{cut}"
    )
