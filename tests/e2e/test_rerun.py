"""A finished run is run again, with what was good in it."""

from typing import Any

from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.e2e.containers import doubled, each
from tests.http_server import Server


def shop(target: Server, name: str, times: int) -> Body:
    """`order` is called once; `pay` fails the first `times` times; `ship` uses both."""
    return graph(
        [
            http("order", target.url(f"/flaky/order-{name}?times=0"), "POST"),
            http("pay", target.url(f"/flaky/pay-{name}?times={times}"), "POST"),
            values("ship", order="{{ nodes.order.body.calls }}", pay="{{ nodes.pay.body.calls }}"),
        ],
        "order > pay > ship",
        output="{{ nodes.ship }}",
    )


async def rerun(weft: Weft, run_id: str, body: Any = None) -> Body:
    """The new run, once it has finished."""
    status, run = await weft.call("POST", f"/runs/{run_id}/rerun?wait=60", body)
    assert status == 200, run
    return run


async def test_a_failed_run_goes_on_where_it_failed(weft: Weft, target: Server) -> None:
    failed = await weft.run(shop(target, "failed", 1))
    assert failed["status"] == "failed"
    run = await rerun(weft, failed["id"])
    assert (run["status"], run["output"]) == ("succeeded", {"order": 1, "pay": 2})
    assert target.calls["/flaky/order-failed"] == 1, "it was ordered once"
    assert [run["nodes"][each]["reused_from"] for each in ("order", "pay")] == [failed["id"], None]
    order = await weft.node(run["id"], "order")
    assert order["attempts"][0]["output"]["body"] == {"calls": 1}
    again = await rerun(weft, run["id"], {"from": "ship"})
    assert again["output"] == {"order": 1, "pay": 2}
    assert again["nodes"]["order"]["reused_from"] == failed["id"], "where it was made"


async def test_a_run_is_run_again_from_a_node_on(weft: Weft, target: Server) -> None:
    done = await weft.run(shop(target, "from", 0))
    run = await rerun(weft, done["id"], {"from": "pay"})
    assert run["output"] == {"order": 1, "pay": 2}
    status, problem = await weft.call("POST", f"/runs/{done['id']}/rerun", {"from": "nowhere"})
    assert (status, problem["code"]) == (422, "unknown_node")


async def test_one_node_is_run_again_alone(weft: Weft, target: Server) -> None:
    done = await weft.run(shop(target, "only", 0))
    run = await rerun(weft, done["id"], {"from": "pay", "only": True})
    assert [run["nodes"][each]["status"] for each in ("order", "pay", "ship")] == [
        "succeeded", "succeeded", "skipped",
    ]  # fmt: skip
    assert (await weft.node(run["id"], "pay"))["attempts"][0]["output"]["body"] == {"calls": 2}


async def test_a_run_is_run_again_on_a_better_version(weft: Weft) -> None:
    broken = graph([values("a", n=2), values("b", n="{{ nodes.a.n / 0 }}")], "a > b")
    status, workflow = await weft.call("POST", "/workflows", {"name": "Again", "graph": broken})
    assert status == 201, workflow
    path = f"/workflows/{workflow['id']}"
    await weft.call("POST", f"{path}/versions")
    _, failed = await weft.call("POST", f"{path}/runs?wait=60")
    assert (failed["status"], failed["version"]) == ("failed", 1)
    mended = graph([values("a", n=2), values("b", n="{{ nodes.a.n / 2 }}")], "a > b")
    await weft.call("PUT", path, {"rev": 1, "graph": mended})
    await weft.call("POST", f"{path}/versions")
    run = await rerun(weft, failed["id"], {"version": 2})
    assert (run["version"], run["output"]) == (2, {"b": {"n": 1}})
    assert run["nodes"]["a"]["reused_from"] == failed["id"]


async def test_a_container_and_a_branch_not_taken_are_taken_over(weft: Weft) -> None:
    forked = graph(
        [
            each("each", doubled(), "{{ trigger }}"),
            node("many", "condition", {"when": "{{ len(nodes.each) > 5 }}"}),
            values("no", never=1),
            values("sum", n="{{ sum(nodes.each) }}"),
        ],
        "each > many",
        "many:true > no",
        "many:false > sum",
    )
    done = await weft.run(forked, [1, 2, 3])
    run = await rerun(weft, done["id"], {"from": "sum"})
    assert (run["status"], run["output"]["sum"]) == ("succeeded", {"n": 12})
    assert run["nodes"]["each"]["reused_from"] == done["id"]
    status, problem = await weft.call("POST", f"/runs/{done['id']}/rerun", {"from": "no"})
    assert (status, problem["code"]) == (422, "not_reached")


async def test_pinned_outputs_count_where_they_are_asked_for(weft: Weft, target: Server) -> None:
    pinned = http("call", target.url("/status/500"))
    pinned["policy"]["pinned_output"] = {"body": "pinned"}
    of = graph([pinned, values("after", got="{{ nodes.call.body }}")], "call > after")
    run = await weft.run(of)
    assert run["output"] == {"after": {"got": "pinned"}}, "a graph of one's own heeds them"
    assert (await rerun(weft, run["id"], {"from": "after"}))["output"] == {"after": {"got": "pinned"}}
    assert (await rerun(weft, run["id"], {"from": "call", "pins": False}))["status"] == "failed"
