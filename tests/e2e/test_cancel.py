"""A run that is no longer wanted."""

from shared.storage.mongo import Store
from tests.e2e.client import Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import until


async def test_cancelling_stops_the_request_under_way_and_nothing_comes_after(
    weft: Weft, target: Server, system_store: Store
) -> None:
    run_id = await weft.start(
        graph([http("hangs", target.url("/slow")), http("next", target.url("/echo"))], "hangs > next")
    )
    await weft.until(run_id, "node.started", node="hangs")
    await until(lambda: target.connections() == 1)
    status, run = await weft.call("POST", f"/runs/{run_id}/cancel", {"reason": "Not needed"})
    assert (status, run["status"]) == (200, "cancelled")
    assert {state["status"] for state in run["nodes"].values()} == {"cancelled"}
    await until(lambda: target.connections() == 0)
    types = [each["type"] for each in await weft.events(run_id)]
    assert types[-1] == "run.cancelled"
    assert sorted(types[-3:-1]) == ["node.cancelled", "node.cancelled"]
    assert target.paths == ["/slow"]
    assert await system_store["node_runs"].find({"run_id": run_id, "open": True}) == [], "its claim is closed"


async def test_a_run_that_has_finished_cannot_be_cancelled(weft: Weft) -> None:
    run = await weft.run(graph([node("only")]))
    status, problem = await weft.call("POST", f"/runs/{run['id']}/cancel")
    assert (status, problem["code"]) == (409, "run_finished")
    assert (await weft.events(run["id"]))[-1]["type"] == "run.succeeded"


async def test_cancelling_twice_is_cancelling_once(weft: Weft, target: Server) -> None:
    run_id = await weft.start(graph([http("hangs", target.url("/slow"))]))
    for _ in range(2):
        assert (await weft.call("POST", f"/runs/{run_id}/cancel"))[0] == 200
    await weft.end(run_id)
    types = [each["type"] for each in await weft.events(run_id)]
    assert types.count("run.cancelled") == types.count("node.cancelled") == 1
