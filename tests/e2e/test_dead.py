"""What an operator does about messages that nobody could handle, on the command line."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aio_pika
import orjson
import pytest

from shared.messaging.topology import EXCHANGE, planner_key

ROOT = Path(__file__).parents[2]
POISON = b'{"run_id": 7, "to": "nobody"}'
Weft = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def weft(system: dict[str, Any]) -> Weft:
    """Runs a command on the system; its exit code and output."""

    async def run(*arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", *arguments, cwd=ROOT,
            env={**os.environ, "WEFT_HOME": str(system["home"])},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    return run


async def ids(weft: Weft, count: int) -> list[str]:
    """The ids of the letters, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            found = await letters(weft)
            if len(found) == count:
                return found


async def letters(weft: Weft) -> list[str]:
    """The ids of the letters that are there."""
    _, listed = await weft("dead", "list")
    return [line.split()[0] for line in listed.splitlines() if line.startswith("dead_")]


async def test_letters_are_listed_shown_replayed_and_dropped(system: dict[str, Any], weft: Weft) -> None:
    for old in await letters(weft):  # others have left theirs
        await weft("dead", "drop", old)
    assert await weft("dead", "list") == (0, "no dead letters\n")
    async with await aio_pika.connect(system["amqp_url"]) as connection:
        exchange = await (await connection.channel()).get_exchange(EXCHANGE)
        message = aio_pika.Message(POISON, type="run.woken", delivery_mode=2)
        await exchange.publish(message, planner_key("run.woken", "run_1"))
    [first] = await ids(weft, 1)
    code, shown = await weft("dead", "show", first)
    assert code == 0
    assert orjson.loads(shown)["body"] == POISON.decode()
    code, told = await weft("doctor")
    assert code == 1
    assert "dead letters: 1 message could not be handled; see `python -m services dead list`" in told
    code, told = await weft("dead", "replay", first, "dead_unknown")
    assert code == 1, "the second cannot be replayed"
    assert f"{first} replayed to {planner_key('run.woken', 'run_1')}" in told
    assert "There is no dead letter 'dead_unknown'" in told
    [second] = await ids(weft, 1)
    assert second != first, "it has died again"
    assert await weft("dead", "drop", "--all", "--queue", "another") == (0, "no dead letters\n")
    assert await weft("dead", "drop", "--all") == (0, f"{second} dropped\n")
    for old in await letters(weft):  # others have left theirs
        await weft("dead", "drop", old)
    assert await weft("dead", "list") == (0, "no dead letters\n")


async def test_what_is_wanted_must_be_said(weft: Weft) -> None:
    for arguments in (["replay"], ["drop", "dead_1", "--all"]):
        code, told = await weft("dead", *arguments)
        assert (code, "needs either ids or --all" in told) == (1, True)
