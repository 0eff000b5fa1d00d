from typing import Any

import pytest

from tests.contract.nodes import Nodes

STATE: dict[str, Any] = {
    "Choices": [
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Large"},
        {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Middle one"},
    ],
    "Default": "Small",
}
WAYS = [
    {"state": "Large", "port": "Large"},
    {"state": "Middle one", "port": "Middle-one"},
    {"state": "Small", "port": "Small"},
]


def config(**changes: Any) -> dict[str, Any]:
    state = {**STATE, **changes}
    return {"from": ["{{ nodes.before }}"], "at": "C", "name": "C", "state": state, "ways": WAYS}


@pytest.mark.parametrize(("n", "port"), [(11, "Large"), (6, "Middle-one"), (1, "Small"), ("11", "Small")])
async def test_the_first_rule_that_holds_wins(nodes: Nodes, n: Any, port: str) -> None:
    before = {"data": {"n": n}, "next": "C"}
    assert await nodes.port("asl.choice", config(), before=before) == port
    found = await nodes.output("asl.choice", config(OutputPath="$.n"), before=before)
    assert found == {"data": n, "next": port}


async def test_rules_see_the_effective_input(nodes: Nodes) -> None:
    before = {"data": {"in": {"n": 11}}, "next": "C"}
    assert await nodes.port("asl.choice", config(InputPath="$.in"), before=before) == "Large"


async def test_without_a_rule_or_a_default_it_fails(nodes: Nodes) -> None:
    asked = config()
    del asked["state"]["Default"]
    failure = await nodes.failure("asl.choice", asked, before={"data": {"n": 1}, "next": "C"})
    assert failure.code == "States.NoChoiceMatched"
    failure = await nodes.failure("asl.choice", asked, before={"data": {}, "next": "C"})
    assert failure.code == "States.Runtime"
