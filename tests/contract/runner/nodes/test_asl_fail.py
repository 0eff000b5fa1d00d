from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        ({"Error": "Broken", "Cause": "It fell"}, "Broken", "It fell"),
        ({"ErrorPath": "$.e", "CausePath": "States.Format('{} times', $.n)"}, "Dropped", "2 times"),
        ({"Error": "Broken"}, "Broken", ""),
        ({"Cause": "why"}, "States.Failed", "why"),
        ({"ErrorPath": "$.n"}, "States.Runtime", "'ErrorPath' must lead to a string, not 2"),
    ],
)
async def test_it_fails_as_it_is_told(nodes: Nodes, state: dict[str, Any], code: str, message: str) -> None:
    config = {"from": ["{{ nodes.before }}"], "at": "F", "name": "F", "state": state}
    failure = await nodes.failure("asl.fail", config, before={"data": {"e": "Dropped", "n": 2}, "next": "F"})
    assert (failure.code, failure.message) == (code, message)
