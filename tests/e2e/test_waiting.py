"""Nodes that let time pass hold nothing meanwhile, and wake whatever has crashed in between."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.storage.mongo import Store
from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.http_server import Server

MORE_THAN_ALL_SLOTS = 50
HOURS = 48 * 3600


def waiting(**config: object) -> Body:
    """A graph that waits, and says what is there afterwards."""
    nodes = [
        values("before", n=1),
        node("pause", "wait", config),
        values("after", n="{{ nodes.before.n + 1 }}"),
    ]
    return graph(nodes, "before > pause > after", output="{{ nodes.after.n }}")


def seconds(of: Body) -> float:
    """How long something took."""
    began, ended = (datetime.fromisoformat(of[key]) for key in ("started_at", "finished_at"))
    return (ended - began).total_seconds()


async def test_a_run_waits_as_long_as_it_should_and_goes_on(weft: Weft) -> None:
    run = await weft.run(waiting(seconds=1.5))
    assert (run["status"], run["output"]) == ("succeeded", 2), run["failure"]
    assert seconds(run["nodes"]["pause"]) >= 1.5


async def test_a_run_waits_until_a_time(weft: Weft) -> None:
    until = datetime.now(UTC) + timedelta(seconds=1.5)
    run = await weft.run(waiting(until="{{ trigger.until }}"), {"until": until.isoformat()})
    assert run["output"] == 2, run["failure"]
    assert datetime.fromisoformat(run["nodes"]["pause"]["finished_at"]) >= until - timedelta(milliseconds=1)


async def test_a_wait_outlives_the_planner(weft: Weft) -> None:
    run_id = await weft.start(waiting(seconds=3))
    await weft.until(run_id, "node.suspended", node="pause")
    killed = weft.kill("planner")
    run = await weft.end(run_id)
    assert (run["status"], run["output"]) == ("succeeded", 2), run["failure"]
    assert seconds(run["nodes"]["pause"]) >= 3
    await weft.back("planner", killed)


async def test_runs_that_wait_for_days_keep_no_executor_busy(
    weft: Weft, target: Server, system_store: Store
) -> None:
    runs = [await weft.start(waiting(seconds=HOURS)) for _ in range(MORE_THAN_ALL_SLOTS)]
    for run_id in runs:
        await weft.until(run_id, "node.suspended", node="pause")
    shown = (await weft.call("GET", f"/runs/{runs[0]}"))[1]
    assert (shown["status"], shown["nodes"]["pause"]["waiting"]) == ("running", "wait")
    claims = await system_store["node_runs"].find({"run_id": {"$in": runs}, "open": True})
    assert claims == []
    others = graph(
        [values("a", n=1), node("b", "code.python", {"code": "1"}), http("c", target.url("/echo"))],
        "a > b > c",
    )
    ended = await asyncio.gather(*(weft.run(others) for _ in range(5)))
    assert {run["status"] for run in ended} == {"succeeded"}
    for run_id in runs:
        assert (await weft.call("POST", f"/runs/{run_id}/cancel"))[0] in (200, 202)
        assert (await weft.end(run_id))["status"] == "cancelled"
