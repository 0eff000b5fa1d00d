"""A run under its owner's control: pause, resume, retry, skip, many at once."""

import asyncio

from tests.e2e.client import Weft, graph, http, node, values
from tests.http_server import Server

LATER = {"max_attempts": 5, "initial_s": 3600, "max_s": 3600, "jitter": 0}


async def test_a_paused_run_finishes_what_is_under_way_and_begins_nothing(weft: Weft, target: Server) -> None:
    gate = http("gate", target.url("/gate/paused"))
    run_id = await weft.start(graph([gate, values("next", n=1)], "gate > next"))
    await weft.until(run_id, "node.started", node="gate")
    status, run = await weft.call("POST", f"/runs/{run_id}/pause")
    assert (status, run["status"]) == (200, "paused")
    target.open("paused")
    await weft.until(run_id, "node.succeeded", node="gate")
    run = (await weft.call("GET", f"/runs/{run_id}"))[1]
    assert (run["status"], run["nodes"]["next"]["status"]) == ("paused", "pending")
    assert run["paused_at"]
    assert (await weft.call("POST", f"/runs/{run_id}/pause"))[0] == 200
    status, run = await weft.call("POST", f"/runs/{run_id}/resume")
    assert status == 200
    assert (await weft.end(run_id))["output"] == {"next": {"n": 1}}
    events = [(each["type"], each.get("by")) for each in await weft.events(run_id)]
    assert ("run.paused", "api") in events
    assert ("run.resumed", "api") in events


async def test_a_node_that_waits_for_its_next_attempt_is_tried_now(weft: Weft, target: Server) -> None:
    run_id = await weft.start(graph([http("call", target.url("/flaky/now?times=1"), retry=LATER)]))
    await weft.until(run_id, "node.retrying", node="call")
    status, found = await weft.call("POST", f"/runs/{run_id}/nodes/call/retry", {"attempt": 1})
    assert status == 200, found
    run = await weft.end(run_id)
    assert (run["status"], run["nodes"]["call"]["attempt"]) == ("succeeded", 2)


async def test_a_hanging_attempt_is_given_up_for_another(weft: Weft, target: Server) -> None:
    run_id = await weft.start(graph([http("call", target.url("/gate/hangs")), node("next")], "call > next"))
    await weft.until(run_id, "node.started", node="call")
    answers = await asyncio.gather(
        *(weft.call("POST", f"/runs/{run_id}/nodes/call/retry", {"attempt": 1}) for _ in range(3))
    )
    assert [status for status, _ in answers] == [200] * 3
    await weft.until(run_id, "node.started", node="call", attempt=2)
    target.open("hangs")
    run = await weft.end(run_id)
    assert (run["status"], run["nodes"]["call"]["attempt"]) == ("succeeded", 2), "three requests, one retry"


async def test_a_node_is_skipped_with_an_output_of_somebodys_own(weft: Weft, target: Server) -> None:
    after = values("after", got="{{ nodes.call.body }}")
    run_id = await weft.start(graph([http("call", target.url("/slow")), after], "call > after"))
    await weft.until(run_id, "node.started", node="call")
    path = f"/runs/{run_id}/nodes/call"
    status, problem = await weft.call("POST", f"{path}/skip", {"port": "elsewhere"})
    assert (status, problem["code"]) == (422, "unknown_port")
    status, found = await weft.call("POST", f"{path}/skip", {"output": {"body": "by hand"}})
    assert (status, found["status"]) == (200, "skipped")
    run = await weft.end(run_id)
    assert (run["status"], run["output"]) == ("succeeded", {"after": {"got": "by hand"}})
    status, problem = await weft.call("POST", f"{path}/retry")
    assert (status, problem["code"]) == (409, "run_finished")


async def test_what_has_finished_cannot_be_controlled_any_more(weft: Weft) -> None:
    run = await weft.run(graph([node("only")]))
    for control in ("pause", "resume", "cancel", "nodes/only/retry", "nodes/only/skip"):
        status, problem = await weft.call("POST", f"/runs/{run['id']}/{control}")
        assert (status, problem["code"]) == (409, "run_finished"), control


async def test_many_runs_are_cancelled_and_run_again_at_once(weft: Weft, target: Server) -> None:
    hangs = graph([http("call", target.url("/gate/many"))])
    ids = [await weft.start(hangs) for _ in range(4)]
    status, found = await weft.call("POST", "/runs/bulk/cancel", {"ids": [*ids, "run_none"]})
    assert status == 200
    told = {each["id"]: each.get("status") or each["failure"]["code"] for each in found["results"]}
    assert told == {**dict.fromkeys(ids, "cancelled"), "run_none": "not_found"}
    target.open("many")
    _, found = await weft.call("POST", "/runs/bulk/retry", {"ids": ids})
    ends = [await weft.end(each["run_id"]) for each in found["results"]]
    assert [end["status"] for end in ends] == ["succeeded"] * 4
    assert [end["rerun_of"] for end in ends] == ids
