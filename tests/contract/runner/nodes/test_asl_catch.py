from typing import Any

import pytest

from tests.contract.nodes import Nodes

CATCH = [
    {"ErrorEquals": ["A", "States.Timeout"], "Next": "First", "ResultPath": "$.error"},
    {"ErrorEquals": ["States.TaskFailed"], "Next": "Second"},
]
WAYS = [{"state": "First", "port": "first"}, {"state": "Second", "port": "second"}]
CONFIG: dict[str, Any] = {
    "from": ["{{ nodes.before }}"], "at": "S", "name": "S", "state": {"Catch": CATCH}, "ways": WAYS,
    "failures": ["{{ nodes.last }}", "{{ nodes.work }}"],
}  # fmt: skip
BEFORE = {"data": {"x": 1}, "next": "S"}


def failed(code: str) -> dict[str, Any]:
    return {"code": code, "message": "why"}


@pytest.mark.parametrize(
    ("code", "port", "data"),
    [
        ("A", "first", {"x": 1, "error": {"Error": "A", "Cause": "why"}}),
        ("timeout", "first", {"x": 1, "error": {"Error": "States.Timeout", "Cause": "why"}}),
        ("B", "second", {"Error": "B", "Cause": "why"}),
    ],
)
async def test_the_first_catcher_that_names_it_wins(nodes: Nodes, code: str, port: str, data: Any) -> None:
    found = await nodes.output("asl.catch", CONFIG, before=BEFORE, last=None, work=failed(code))
    assert found == {"data": data, "next": port}
    assert await nodes.port("asl.catch", CONFIG, before=BEFORE, last=None, work=failed(code)) == port


async def test_the_last_node_that_answered_is_the_one_that_failed(nodes: Nodes) -> None:
    found = await nodes.output("asl.catch", CONFIG, before=BEFORE, last=failed("A"), work=failed("B"))
    assert found["next"] == "first"


async def test_what_no_catcher_names_fails_on(nodes: Nodes) -> None:
    failure = await nodes.failure(
        "asl.catch", CONFIG, before=BEFORE, last=None, work=failed("States.Runtime")
    )
    assert (failure.code, failure.message) == ("States.Runtime", "why")
