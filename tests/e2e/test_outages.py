"""Store or broker are killed while callers start runs: nothing that these were promised is lost."""

import asyncio

import pytest

from tests.e2e.client import Body, Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import until

KEYS = 30


async def start_for_certain(weft: Weft, of: Body, key: str) -> str:
    """The id of the run for a key, asked for as a caller does who obeys `Retry-After`."""
    async with asyncio.timeout(60):
        while True:
            headers = {"Idempotency-Key": key}
            status, body, told = await weft.asked("POST", "/runs", {"graph": of}, headers=headers)
            if status in (200, 202):
                return body["id"]
            assert (status, body["code"]) in ((503, "store_unavailable"), (503, "broker_unavailable")), body
            await asyncio.sleep(float(told["Retry-After"]))


@pytest.mark.parametrize("backend", ["store", "broker"])
async def test_what_was_acknowledged_outlives_a_backend_that_is_killed(
    weft: Weft, target: Server, backend: str
) -> None:
    line = graph([node("a"), http("call", target.url(f"/gate/{backend}"), "POST"), node("z")], "a > call > z")
    held = [await weft.start(line) for _ in range(5)]
    await until(lambda: len(target.seen) == 5)
    killed = weft.kill(backend)
    target.open(backend)
    starting = [start_for_certain(weft, line, f"{backend}-{number}") for number in range(KEYS)]
    ids = await asyncio.gather(*starting)
    await until(lambda: weft.pid(backend) != killed)
    again = await asyncio.gather(*(start_for_certain(weft, line, f"{backend}-{n}") for n in range(KEYS)))
    assert again == ids, "one run a key"
    for run_id in (*held, *ids):
        run = await weft.end(run_id)
        assert run["status"] == "succeeded", run["failure"]
        assert [each["type"] for each in await weft.events(run_id)].count("node.succeeded") == 3
    assert len(target.seen) == 5 + KEYS, "no call was made twice"
    for service in ("gateway", "planner", "runner", "connectors"):
        await weft.back(service, 0)
