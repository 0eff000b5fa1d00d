"""Runs that share a concurrency key: as many at once as they allow, whatever crashes."""

import asyncio
from typing import Any

import pytest

from shared.ids import new_id
from tests.e2e.client import Body, Weft, graph, http
from tests.http_server import Server
from tests.waiting import until

CUSTOMER = "{{ trigger.customer }}"


@pytest.fixture
def key() -> str:
    """A key of this test's own: the system goes on from test to test."""
    return new_id("key")


def gated(target: Server, gate: str, key: str, limit: int = 1, when_full: str = "queue") -> Body:
    """A run that holds its slot until the gate is opened."""
    terms = {"key": key, "limit": limit, "when_full": when_full}
    return graph([http("call", target.url(f"/gate/{gate}"))], concurrency=terms)


async def statuses(weft: Weft, run_ids: list[str]) -> list[str]:
    return [(await weft.call("GET", f"/runs/{run_id}"))[1]["status"] for run_id in run_ids]


async def test_as_many_runs_as_the_limit_allows_run_at_once_and_the_others_follow_in_turn(
    weft: Weft, target: Server, key: str
) -> None:
    runs = [await weft.start(gated(target, f"g{n}", key, limit=2)) for n in range(5)]
    await until(lambda: len(target.paths) == 2)
    assert await statuses(weft, runs) == ["running", "running", "queued", "queued", "queued"]
    for opened in range(5):
        target.open(f"g{opened}")
        assert (await weft.end(runs[opened]))["status"] == "succeeded"
        if opened + 2 < 5:
            await weft.until(runs[opened + 2], "run.started")
    assert target.paths == [f"/gate/g{n}" for n in range(5)]


async def test_a_run_that_would_not_wait_is_rejected(weft: Weft, target: Server, key: str) -> None:
    first = await weft.start(gated(target, "g", key, when_full="reject"))
    await weft.until(first, "run.started")
    second = await weft.run(gated(target, "g", key, when_full="reject"))
    assert (second["status"], second["failure"]["code"]) == ("failed", "concurrency_limit")
    assert key in second["failure"]["message"]
    target.open("g")
    await weft.end(first)
    assert (await weft.run(gated(target, "g", key, when_full="reject")))["status"] == "succeeded"
    assert len(target.paths) == 2


async def test_a_newer_run_takes_the_place_of_the_one_that_runs(weft: Weft, target: Server, key: str) -> None:
    older = [await weft.start(gated(target, f"old{n}", key, 1, "cancel_running")) for n in range(2)]
    newest = await weft.start(gated(target, "new", key, 1, "cancel_running"))
    target.open("new")
    assert (await weft.end(newest))["status"] == "succeeded"
    for run_id in older:
        assert (await weft.end(run_id))["status"] == "cancelled"


async def test_each_customer_has_slots_of_their_own(weft: Weft, target: Server) -> None:
    given: list[Any] = [{"customer": new_id("c")}] * 2 + [{"customer": new_id("c")}]
    runs = [await weft.start(gated(target, "each", CUSTOMER), each) for each in given]
    await until(lambda: len(target.paths) == 2)
    assert await statuses(weft, runs) == ["running", "queued", "running"]
    target.open("each")
    assert [(await weft.end(each))["status"] for each in runs] == ["succeeded"] * 3


async def test_a_run_that_waits_can_be_cancelled_and_is_not_waited_for(
    weft: Weft, target: Server, key: str
) -> None:
    first, second, third = [await weft.start(gated(target, f"c{n}", key)) for n in range(3)]
    await weft.until(first, "run.started")
    assert (await weft.call("POST", f"/runs/{second}/cancel"))[0] in (200, 202)
    assert (await weft.end(second))["status"] == "cancelled"
    target.open("c0")
    await weft.until(third, "run.started")
    target.open("c2")
    assert (await weft.end(third))["status"] == "succeeded"
    assert target.paths == ["/gate/c0", "/gate/c2"]


@pytest.mark.timeout(240)
async def test_slots_come_free_when_the_planner_is_killed(weft: Weft, target: Server, key: str) -> None:
    """Twice in the middle of things: while runs hold slots and wait, and while they finish."""
    runs = [await weft.start(gated(target, f"k{n % 4}", key, limit=3)) for n in range(24)]
    await until(lambda: len(target.paths) == 3)
    for gates in ("k0", "k1"), ("k2", "k3"):
        killed = weft.kill("planner")
        for gate in gates:
            target.open(gate)
        await weft.back("planner", killed)
        await until(lambda: target.paths.count("/gate/k2") + target.paths.count("/gate/k3") >= 3)
    ended = await asyncio.gather(*(weft.end(run_id) for run_id in runs))
    assert {run["status"] for run in ended} == {"succeeded"}
    for run in ended:
        during = [each for each in ended if each["started_at"] <= run["started_at"] < each["finished_at"]]
        assert len(during) <= 3
    after = [await weft.start(gated(target, "after", key, limit=3)) for _ in range(3)]
    await until(lambda: target.paths.count("/gate/after") == 3)
    target.open("after")
    assert {(await weft.end(run_id))["status"] for run_id in after} == {"succeeded"}
