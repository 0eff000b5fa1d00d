"""Another attempt, and giving up: retries, timeouts of nodes and of runs."""

import pytest

from tests.e2e.client import Weft, graph, http, node, values
from tests.http_server import Server

QUICK = {"initial_s": 0.05, "multiplier": 1, "jitter": 0}


async def test_a_node_is_tried_again_until_the_server_answers(weft: Weft, target: Server) -> None:
    retry = {"max_attempts": 5, **QUICK}
    run = await weft.run(graph([http("call", target.url("/flaky/soon?times=2"), retry=retry)]))
    assert run["status"] == "succeeded"
    assert run["nodes"]["call"]["attempt"] == 3
    assert run["output"]["call"]["body"] == {"calls": 3}
    found = await weft.node(run["id"], "call")
    assert [each["status"] for each in found["attempts"]] == ["failed", "failed", "succeeded"]
    assert [each["failure"]["code"] for each in found["attempts"][:2]] == ["unavailable"] * 2
    types = [each["type"] for each in await weft.events(run["id"]) if each.get("node") == "call"]
    assert types.count("node.retrying") == 2
    assert types.count("node.ready") == 3


async def test_after_its_last_attempt_a_node_gives_up(weft: Weft, target: Server) -> None:
    retry = {"max_attempts": 2, **QUICK}
    run = await weft.run(graph([http("call", target.url("/flaky/never?times=99"), retry=retry)]))
    assert run["status"] == "failed"
    assert run["failure"]["code"] == "unavailable"
    assert run["nodes"]["call"]["attempt"] == target.calls["/flaky/never"] == 2


async def test_what_another_attempt_cannot_help_is_not_tried_again(weft: Weft, target: Server) -> None:
    retry = {"max_attempts": 5, **QUICK}
    run = await weft.run(graph([http("call", target.url("/status/404"), retry=retry)]))
    assert (run["failure"]["code"], run["nodes"]["call"]["attempt"]) == ("http_404", 1)


async def test_a_policy_may_name_what_the_server_answered(weft: Weft, target: Server) -> None:
    retry = {"max_attempts": 5, "on": ["http_409", "http_5xx"], **QUICK}
    for status, attempts in ((409, 3), (502, 3), (404, 1)):
        url = target.url(f"/flaky/on{status}?times=2&status={status}")
        run = await weft.run(graph([http("call", url, "POST", retry=retry)]))
        assert run["nodes"]["call"]["attempt"] == attempts


async def test_the_server_says_when_to_come_back(weft: Weft, target: Server) -> None:
    retry = {"max_attempts": 2, **QUICK}
    run_id = await weft.start(
        graph([http("call", target.url("/status/429?retry_after=3600"), retry=retry)], timeout_s=3)
    )
    asked = await weft.until(run_id, "node.retrying")
    assert asked["failure"]["details"]["retry_after_s"] == 3600
    run = await weft.end(run_id)
    assert run["failure"]["code"] == "timeout", "the run's time is up before the server's"
    assert len(target.seen) == 1


async def test_a_node_that_takes_too_long_times_out(weft: Weft, target: Server) -> None:
    slow = http("call", target.url("/slow"), timeout_s=0.3, on_failure="port")
    run = await weft.run(graph([slow, values("told", code="{{ nodes.call.code }}")], "call:failure > told"))
    assert run["output"]["told"] == {"code": "timeout"}
    assert "0.3 s" in run["nodes"]["call"]["failure"]["message"]


async def test_a_run_that_takes_too_long_times_out(weft: Weft, target: Server) -> None:
    run = await weft.run(graph([http("call", target.url("/slow")), node("end")], "call > end", timeout_s=1))
    assert (run["status"], run["failure"]["code"]) == ("failed", "timeout")
    assert {state["status"] for state in run["nodes"].values()} == {"cancelled"}


@pytest.mark.parametrize(
    ("code", "timeout_s", "failure"),
    [("while True:\n    pass", 0.5, "timeout"), ("'x' * 2_000_000_000", 20, "memory_exceeded")],
)
async def test_a_program_that_loops_or_eats_memory_is_stopped_and_the_next_one_runs(
    weft: Weft, code: str, timeout_s: float, failure: str
) -> None:
    bad = node("bad", "code.python", {"code": code}, timeout_s=timeout_s, on_failure="continue")
    good = node("good", "code.python", {"code": "1 + 1"})
    run = await weft.run(graph([bad, good], "bad > good"))
    assert run["nodes"]["bad"]["failure"]["code"] == failure
    assert run["output"] == {"good": 2}


@pytest.mark.parametrize(
    ("expression", "failure"),
    [
        ("{{ [a for a in range(10**15) if a < 0] }}", "expression_timeout"),
        ("{{ ('x' * 10**8) * 20 }}", "expression_memory"),
        ("{{ [a for a in range(10**15)] }}", "expression_memory"),
    ],
)
async def test_an_expression_that_loops_or_eats_memory_fails_its_node_and_the_next_one_runs(
    weft: Weft, expression: str, failure: str
) -> None:
    bad = node("bad", "set", {"values": {"n": expression}}, on_failure="continue")
    run = await weft.run(graph([bad, values("good", n="{{ 1 + 1 }}")], "bad > good"))
    assert run["status"] == "succeeded"
    assert run["nodes"]["bad"]["failure"]["code"] == failure
    assert run["output"] == {"good": {"n": 2}}
