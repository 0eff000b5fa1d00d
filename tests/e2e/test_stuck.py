"""Runs that would not go on by themselves are counted, and doctor says which and what to do; a system that is
merely busy, or waits for somebody, has none."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import run as fresh
from tests.e2e.client import Weft, graph, http, node
from tests.e2e.test_metrics import samples
from tests.http_server import Server

ROOT = Path(__file__).parents[2]
HOUR_S = 3600


async def doctor(weft: Weft) -> str:
    """What doctor prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "doctor", cwd=ROOT, env={**os.environ, "WEFT_HOME": str(weft.home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return output.decode()


async def counted(weft: Weft) -> tuple[float, float]:
    """How many runs are stuck, and how often the planner has looked."""
    found = await samples(weft, "planner")
    return found[("weft_stuck_runs",)], found[("weft_stuck_rounds_total",)]


async def until_counted(weft: Weft, count: int) -> None:
    async with asyncio.timeout(60):
        while (await counted(weft))[0] != count:  # noqa: ASYNC110 (nothing tells when the planner has looked)
            await asyncio.sleep(0.2)


async def put_off(store: Store, run_id: str) -> None:
    """Have nobody look at a run for a thousand hours."""
    saved = False
    while not saved:
        found = await store["runs"].find_one({"_id": run_id})
        assert found is not None
        late = {**found, "wake_at": found["wake_at"] + 3_600_000 * 1000}
        saved = await store["runs"].replace_one({"_id": run_id, "rev": found["rev"]}, late)


@pytest.fixture
async def begun(weft: Weft) -> AsyncIterator[list[str]]:
    """The runs of a test, cancelled after it."""
    ids: list[str] = []
    yield ids
    for run_id in ids:
        await weft.call("POST", f"/runs/{run_id}/cancel", {})


def asking_again(url: str) -> dict[str, Any]:
    return http("again", url, retry={"max_attempts": 3, "initial_s": HOUR_S, "max_s": HOUR_S, "on": ["*"]})


async def test_what_waits_or_is_busy_is_not_stuck(weft: Weft, target: Server, begun: list[str]) -> None:
    sleep = node("sleep", "wait", {"seconds": HOUR_S})
    gate = target.url("/gate/stuck")
    body = {"nodes": [http("call", gate)]}
    suspended = {
        "ask": node("ask", "review", {"title": "Well?"}),
        "hear": node("hear", "signal"),
        "sleep": sleep,
        "each": node("each", "map", {"items": [1, 2, 3], "graph": body, "concurrency": 2}),
        "bounded": node("bounded", "review", {"title": "Soon?", "timeout_s": HOUR_S}, timeout_s=HOUR_S),
    }
    for node_id, each in suspended.items():
        begun.append(await weft.start(graph([each])))
        await weft.until(begun[-1], "node.suspended", node=node_id)
    begun.append(await weft.start(graph([http("call", gate)])))
    await weft.until(begun[-1], "node.started")
    begun.append(await weft.start(graph([asking_again(target.url("/status/503"))])))
    await weft.until(begun[-1], "node.retrying")
    limited = graph([sleep], concurrency={"key": "stuck", "limit": 1})
    begun += [await weft.start(limited) for _ in range(3)]
    await weft.until(begun[-3], "node.suspended")
    begun.append(await weft.start(graph([sleep])))
    await weft.until(begun[-1], "node.suspended")
    assert (await weft.call("POST", f"/runs/{begun[-1]}/pause"))[0] in (200, 202)
    await weft.until(begun[-1], "run.paused")
    _, before = await counted(weft)
    async with asyncio.timeout(60):
        while (now := await counted(weft))[1] < before + 3:
            assert now[0] == 0
            await asyncio.sleep(0.2)
    assert "ok       stuck runs" in await doctor(weft)
    target.open("stuck")


async def test_a_lost_timer_is_found_and_the_advice_helps(
    weft: Weft, system_store: Store, begun: list[str]
) -> None:
    begun.append(run_id := await weft.start(graph([node("sleep", "wait", {"seconds": 20})])))
    await weft.until(run_id, "node.suspended")
    await put_off(system_store, run_id)
    await until_counted(weft, 1)
    told = await doctor(weft)
    assert f"problem  run {run_id}: it is to be woken" in told
    assert "pause it and resume it" in told
    for control in ("pause", "resume"):
        assert (await weft.call("POST", f"/runs/{run_id}/{control}"))[0] in (200, 202)
    assert (await weft.end(run_id))["status"] == "succeeded"
    await until_counted(weft, 0)


async def test_a_lost_message_without_a_timer_is_found(
    weft: Weft, system_store: Store, begun: list[str]
) -> None:
    """A run that was inserted and that nobody has been told of, nor will be."""
    begun.append(sample := await weft.start(graph([node("a")])))
    version = (await Runs(system_store).load([sample]))[sample].version
    lost = fresh("run_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", version=version, wake_at=None)
    begun.append(lost.id)
    assert await Runs(system_store).insert(lost)
    await until_counted(weft, 1)
    told = await doctor(weft)
    assert f"problem  run {lost.id}: nothing will look at it again; cancel it and start it again" in told
    assert (await weft.call("POST", f"/runs/{lost.id}/cancel", {}))[0] in (200, 202)
    assert (await weft.end(lost.id))["status"] == "cancelled"
    await until_counted(weft, 0)
