from typing import Any

from tests.contract.nodes import Nodes

RETRY = [{"ErrorEquals": ["A"], "MaxAttempts": 1, "IntervalSeconds": 3}, {"ErrorEquals": ["States.ALL"]}]


def config(code: str, before: Any = None) -> dict[str, Any]:
    return {"state": {"Retry": RETRY}, "failure": {"code": code, "message": "why"}, "before": before}


async def test_attempts_are_granted_and_counted(nodes: Nodes) -> None:
    first = await nodes.output("asl.retry", config("A"))
    assert first == {"counts": [1, 0], "delay_s": 3}
    assert await nodes.output("asl.retry", config("B", first)) == {"counts": [1, 1], "delay_s": 1}


async def test_without_another_attempt_it_fails_as_before(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.retry", config("A", {"counts": [1, 0], "delay_s": 3}))
    assert (failure.code, failure.message) == ("A", "why")
