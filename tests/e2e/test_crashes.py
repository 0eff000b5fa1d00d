"""Processes killed while they work: what was acknowledged is not lost, what was sent is not sent again."""

import asyncio

import pytest

from tests.e2e.client import Body, Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import until

COUNT = "n = 0\nfor i in range(200_000):\n    n += i\nn"


def transitions(events: list[Body]) -> list[tuple[str, str | None, int | None]]:
    return [(each["type"], each.get("node"), each.get("attempt")) for each in events]


async def test_a_chain_goes_on_after_its_runner_is_killed(weft: Weft) -> None:
    names = [f"n{i}" for i in range(30)]
    run_id = await weft.start(
        graph([node(each, "code.python", {"code": COUNT}) for each in names], " > ".join(names))
    )
    await weft.until(run_id, "node.started")
    killed = weft.kill("runner")
    run = await weft.end(run_id)
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == {"n29": sum(range(200_000))}
    assert {state["attempt"] for state in run["nodes"].values()} == {1}, (
        "a delivery that came back is no attempt"
    )
    told = transitions(await weft.events(run_id))
    assert len(told) == len(set(told))
    await weft.back("runner", killed)


async def test_runs_go_on_after_the_planner_is_killed(weft: Weft, target: Server) -> None:
    calls = [f"c{i}" for i in range(4)]
    line = graph([http(each, target.url(f"/echo?{each}")) for each in calls], " > ".join(calls))
    held = graph([http("gate", target.url("/gate/planner")), node("z")], "gate > z")
    held_id = await weft.start(held)
    await weft.until(held_id, "node.started")
    runs = [await weft.start(line) for _ in range(20)]
    await until(lambda: target.paths.count("/echo") >= 20)
    killed = weft.kill("planner")
    target.open("planner")
    for run_id in (held_id, *runs):
        run = await weft.end(run_id)
        assert run["status"] == "succeeded", run["failure"]
        told = transitions(await weft.events(run_id))
        assert len(told) == len(set(told)), "every transition is recorded once"
        assert [each for each, *_ in told].count("node.succeeded") == len(run["nodes"])
        assert told[-1][0] == "run.succeeded"
    assert target.paths.count("/echo") == 80, "no claimed node was called twice"
    await weft.back("planner", killed)


@pytest.mark.timeout(240)
async def test_lost_work_is_done_again_only_where_that_does_no_harm(weft: Weft, target: Server) -> None:
    """The lease of the dead process has to run out, which takes 20 to 30 s."""
    get = await weft.start(graph([http("call", target.url("/gate/get"))]))
    post = await weft.start(graph([http("call", target.url("/gate/post"), "POST")]))
    for run_id in (get, post):
        await weft.until(run_id, "node.started")
    killed = weft.kill("connectors")
    target.open("get")
    target.open("post")
    repeated, failed = await asyncio.gather(weft.end(get), weft.end(post))
    assert repeated["status"] == "succeeded"
    assert repeated["nodes"]["call"]["attempt"] == 2
    assert target.paths.count("/gate/get") == 2
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "lost")
    assert failed["nodes"]["call"]["attempt"] == 1
    assert target.paths.count("/gate/post") == 1
    await weft.back("connectors", killed)
