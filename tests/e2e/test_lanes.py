"""Who goes first, and how much of a run is under way at once."""

from tests.e2e.client import Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import until


async def test_the_high_lane_overtakes_what_is_queued(weft: Weft, target: Server) -> None:
    """The pool is full and hundreds of calls wait for it: one in a hurry goes past them all."""
    calls = graph([http(f"c{n}", target.url("/gate/slow")) for n in range(100)], max_parallel=100)
    normal = [await weft.start(calls) for _ in range(3)]
    await until(lambda: target.paths.count("/gate/slow") >= 100)
    urgent = {"graph": graph([http("call", target.url("/echo")), node("end")], "call > end"), "lane": "high"}
    status, run = await weft.call("POST", "/runs?wait=60", urgent)
    assert (status, run["status"]) == (200, "succeeded")
    for run_id in normal:
        assert (await weft.call("GET", f"/runs/{run_id}"))[1]["status"] in ("running", "queued")
    assert target.paths.count("/gate/slow") < 300, "there was something to overtake"
    target.open("slow")
    assert [(await weft.end(run_id))["status"] for run_id in normal] == ["succeeded"] * 3


async def test_no_more_nodes_of_a_run_are_under_way_than_it_allows(weft: Weft, target: Server) -> None:
    gates = [f"p{n}" for n in range(8)]
    run_id = await weft.start(
        graph([http(each, target.url(f"/gate/{each}")) for each in gates], max_parallel=3)
    )
    for opened, gate in enumerate(gates):
        await until(lambda opened=opened: len(target.paths) == min(opened + 3, 8))
        target.open(gate)
    await weft.end(run_id)
    under_way: list[int] = [0]
    for each in await weft.events(run_id):
        change = {"node.ready": 1, "node.succeeded": -1}.get(each["type"], 0)
        under_way.append(under_way[-1] + change)
    assert max(under_way) == 3
