from typing import Any

from tests.contract.nodes import Nodes


def config(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"from": [], "at": "S", "name": "S", "state": state, "raw": {"a": 1}, "result": "{{ nodes.S }}"}
    return {**given, "next": "T", **more}


async def test_the_result_is_put_where_the_state_says(nodes: Nodes) -> None:
    state = {"ResultSelector": {"v.$": "$.value"}, "ResultPath": "$.r"}
    found = await nodes.output("asl.output", config(state), S={"value": 7, "rest": 0})
    assert found == {"data": {"a": 1, "r": {"v": 7}}, "next": "T"}


async def test_the_raw_input_may_come_as_a_token(nodes: Nodes) -> None:
    asked = config({"ResultPath": None}, **{"from": ["{{ nodes.before }}"], "next": None})
    found = await nodes.output("asl.output", asked, S=1, before={"data": "raw", "next": "S"})
    assert found == {"data": "raw", "next": None}


async def test_an_http_answer_looks_as_it_does_in_aws(nodes: Nodes) -> None:
    answer = {"status": 200, "headers": {"x": "y"}, "body": [1], "url": "https://x.test/"}
    found = await nodes.output("asl.output", config({}), S=answer)
    assert found["data"] == {"StatusCode": 200, "Headers": {"x": "y"}, "ResponseBody": [1]}


async def test_items_may_fail_up_to_what_is_tolerated(nodes: Nodes) -> None:
    results = [{"data": 1}, {"failure": {"code": "X", "message": "no"}}, {"data": {"failure": 2}}]
    found = await nodes.output("asl.output", config({}, tolerated=1), S=results)
    assert found["data"] == [1, {"failure": 2}]
    failure = await nodes.failure("asl.output", config({}, tolerated=0.9), S=results)
    assert failure.code == "States.ExceedToleratedFailureThreshold"


async def test_a_place_that_cannot_be_fails(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.output", config({"ResultPath": "$.a.b"}), S=1)
    assert failure.code == "States.ResultPathMatchFailure"
