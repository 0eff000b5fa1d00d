"""Somebody calls from outside."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.e2e.client import Weft, graph, http, node, values
from tests.http_server import Server

SCHEMA = {"type": "object", "properties": {"paid": {"type": "boolean"}}, "required": ["paid"]}
ORDER = graph(
    [node("paid", "signal", {"schema": SCHEMA}), values("done", paid="{{ nodes.paid.paid }}")], "paid > done"
)


@pytest.fixture
async def outside() -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody without a key."""
    async with aiohttp.ClientSession() as session:
        yield session


async def send(outside: aiohttp.ClientSession, url: str, body: Any) -> tuple[int, Any]:
    """Status and answer of a signal."""
    async with outside.post(url, json=body) as response:
        return response.status, await response.json(content_type=None)


async def url_of(weft: Weft, run_id: str, node_id: str) -> str:
    """Where a node that waits for a signal is called."""
    await weft.until(run_id, "node.suspended", node=node_id)
    return (await weft.node(run_id, node_id))["waiting"]["url"]


async def test_a_signal_carries_the_run_on(weft: Weft, outside: aiohttp.ClientSession) -> None:
    run_id = await weft.start(ORDER)
    url = await url_of(weft, run_id, "paid")
    status, problem = await send(outside, url, {"paid": "no"})
    assert (status, problem["errors"][0]["path"]) == (422, "body.paid")
    assert (await send(outside, url[:-1] + "x", {"paid": True}))[0] == 404
    status, receipt = await send(outside, url, {"paid": True})
    assert (status, receipt) == (200, {"run_id": run_id, "node": "paid", "kept": False})
    assert (await weft.end(run_id))["output"] == {"done": {"paid": True}}
    status, problem = await send(outside, url, {"paid": True})
    assert (status, problem["code"]) == (409, "already_signalled")


async def test_a_signal_that_comes_early_is_not_lost(
    weft: Weft, target: Server, outside: aiohttp.ClientSession
) -> None:
    """The URL is handed out by a node before the one that waits: it may be called at once."""
    told = http("tell", target.url("/echo"), "POST")
    told["config"]["json"] = {"url": "{{ run.signals.answer }}"}
    early = graph(
        [told, http("busy", target.url("/gate/early")), node("answer", "signal")], "tell > busy > answer"
    )
    run_id = await weft.start(early)
    await weft.until(run_id, "node.started", node="busy")
    sent = (await weft.node(run_id, "tell"))["attempts"][0]["input"]["json"]["url"]
    root = weft.url.partition("/api/")[0]
    url = root + sent.removeprefix(root)
    status, receipt = await send(outside, url, [1, 2])
    assert (status, receipt["kept"]) == (200, True)
    status, problem = await send(outside, url, [3])
    assert (status, problem["code"]) == (409, "already_signalled")
    target.open("early")
    assert (await weft.end(run_id))["output"] == {"answer": [1, 2]}


async def test_a_signal_that_never_comes_times_out(weft: Weft) -> None:
    slow = graph(
        [node("paid", "signal", {"timeout_s": 0.2}), values("dun", reminder=1)], "paid:timeout > dun"
    )
    run = await weft.run(slow)
    assert (run["status"], run["nodes"]["paid"]["port"]) == ("succeeded", "timeout")
    assert run["output"]["dun"] == {"reminder": 1}
