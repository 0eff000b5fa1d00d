"""What is done to a run reaches its child runs, and they can be looked at like any run."""

import asyncio

import pytest

from tests.e2e.client import Body, Weft, graph, http, node
from tests.e2e.containers import attempt, doubled, each, fetching
from tests.http_server import Server
from tests.waiting import until

ITEMS = {"items": [10, 20, 30]}


def three(target: Server, gate: str, **more: object) -> Body:
    """Three requests at once, each with a node to come after it; items 30 and so on have to wait."""
    body = fetching(target, f"/gate/{gate}")
    body["nodes"].append(http("last", target.url("/echo")))
    body["edges"].append({"source": "item", "target": "last"})
    return graph([each("each", body, concurrency=2)], output="{{ nodes.each }}", **more)


async def begun(weft: Weft, target: Server, gate: str, **more: object) -> tuple[str, list[str]]:
    """A run of `three` whose first two requests are under way, and their child runs."""
    run_id = await weft.start(three(target, gate, **more), ITEMS)
    await until(lambda: target.paths.count(f"/gate/{gate}") == 2)
    return run_id, [f"{run_id}.each.0", f"{run_id}.each.1"]


async def status(weft: Weft, run_id: str) -> str:
    return (await weft.call("GET", f"/runs/{run_id}"))[1]["status"]


async def test_children_pause_and_resume_with_their_parent(weft: Weft, target: Server) -> None:
    run_id, children = await begun(weft, target, "pause")
    assert (await weft.call("POST", f"/runs/{run_id}/pause"))[0] in (200, 202)
    for child in children:
        await weft.until(child, "run.paused")
    target.open("pause")
    for child in children:
        await weft.until(child, "node.succeeded", node="fetch")
        assert await status(weft, child) == "paused"
    assert target.paths == ["/gate/pause"] * 2, "nothing new is begun"
    assert (await weft.call("POST", f"/runs/{run_id}/resume"))[0] in (200, 202)
    run = await weft.end(run_id)
    assert (run["status"], run["output"]) == ("succeeded", [10, 20, 30]), run["failure"]
    assert target.paths.count("/echo") == 3


async def test_children_are_cancelled_with_their_parent(weft: Weft, target: Server) -> None:
    run_id, children = await begun(weft, target, "cancel")
    assert (await weft.call("POST", f"/runs/{run_id}/cancel"))[0] in (200, 202)
    for one in (run_id, *children):
        assert (await weft.end(one))["status"] == "cancelled"
    await until(lambda: target.connections() == 0)
    assert target.paths == ["/gate/cancel"] * 2


async def test_grandchildren_are_cancelled_too(weft: Weft, target: Server) -> None:
    inner = graph([attempt("careful", graph([http("hangs", target.url("/slow"))]))])
    run_id = await weft.start(graph([each("each", inner)]), {"items": [1]})
    await until(lambda: target.paths == ["/slow"])
    await weft.call("POST", f"/runs/{run_id}/cancel")
    assert (await weft.end(f"{run_id}.each.0.careful.0"))["status"] == "cancelled"
    await until(lambda: target.connections() == 0)


@pytest.mark.parametrize("whose", ["run", "node"])
async def test_the_time_of_a_container_is_over(weft: Weft, target: Server, whose: str) -> None:
    of = three(target, "late")
    if whose == "run":
        of["settings"]["timeout_s"] = 3
    else:
        of["nodes"][0]["policy"] = {"timeout_s": 3}
    run_id = await weft.start(of, ITEMS)
    await until(lambda: len(target.paths) == 2)
    run = await weft.end(run_id)
    assert (run["status"], run["failure"]["code"]) == ("failed", "timeout")
    assert run["failure"]["node"] == ("each" if whose == "node" else None)
    for key in "01":
        assert (await weft.end(f"{run_id}.each.{key}"))["status"] == "cancelled"
    await until(lambda: target.connections() == 0)


async def test_children_are_listed_under_their_parent_and_shown_like_any_run(weft: Weft) -> None:
    run = await weft.run(graph([each("each", doubled(), concurrency=2)]), ITEMS)
    _, page = await weft.call("GET", f"/runs?parent={run['id']}")
    assert sorted(one["id"] for one in page["items"]) == [f"{run['id']}.each.{n}" for n in range(3)]
    _, all_runs = await weft.call("GET", "/runs?limit=100")
    assert not [one for one in all_runs["items"] if one["parent"]], "elsewhere they are not in the way"
    child = await weft.end(f"{run['id']}.each.1")
    assert (child["output"], child["input"]) == (40, ITEMS)
    assert child["parent"] == {"run_id": run["id"], "node": "each", "key": "1", "attempt": 1}
    assert child["nodes"]["double"]["status"] == "succeeded"
    found = await weft.node(child["id"], "double")
    assert found["attempts"][-1]["output"] == {"n": 40}
    assert [one["type"] for one in await weft.events(child["id"])][-1] == "run.succeeded"
    again = await weft.call("GET", f"/runs?parent={run['id']}&limit=2")
    assert len(again[1]["items"]) == 2
    assert again[1]["next"]


async def test_a_node_that_waits_for_its_children_says_so(weft: Weft, target: Server) -> None:
    run_id, _ = await begun(weft, target, "shown")
    _, run = await weft.call("GET", f"/runs/{run_id}")
    assert (run["nodes"]["each"]["status"], run["nodes"]["each"]["waiting"]) == ("suspended", "children")
    target.open("shown")
    await weft.end(run_id)


async def test_a_failed_item_stops_those_beside_it(weft: Weft, target: Server) -> None:
    nodes = [
        node("which", "switch", {"value": "{{ item }}", "cases": [{"port": "bad", "equals": 1}]}),
        http("refused", target.url("/status/404")),
        http("hangs", target.url("/slow")),
    ]
    body = graph(nodes, "which:bad > refused", "which:default > hangs")
    run = await weft.run(graph([each("each", body)]), {"items": [0, 1, 2]})
    assert (run["failure"]["code"], run["failure"]["path"]) == ("http_404", "each[1].refused")
    ended = await asyncio.gather(*(weft.end(f"{run['id']}.each.{n}") for n in range(3)))
    assert [one["status"] for one in ended] == ["cancelled", "failed", "cancelled"]
