from typing import Any

import pytest

from tests.contract.nodes import Nodes

RAW = {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("state", "data"),
    [
        ({}, RAW),
        ({"Result": {"c": "{{ trigger }}"}}, {"c": "{{ trigger }}"}),
        ({"Result": 2, "ResultPath": "$.r"}, {**RAW, "r": 2}),
        ({"Result": None}, None),
        ({"Parameters": {"b.$": "$.a.b"}}, {"b": 1}),
        ({"InputPath": "$.a", "ResultPath": "$.copy"}, {**RAW, "copy": {"b": 1}}),
        ({"InputPath": "$.a", "OutputPath": "$.b"}, 1),
        ({"InputPath": None}, {}),
        ({"Parameters": {"x": 1}, "Result": 3}, 3),
    ],
)
async def test_it_hands_on_its_input_or_result(nodes: Nodes, state: dict[str, Any], data: Any) -> None:
    config = {"from": ["{{ nodes.before }}"], "at": "P", "name": "P", "state": state, "next": "Q"}
    found = await nodes.output("asl.pass", config, before={"data": RAW, "next": "P"})
    assert found == {"data": data, "next": "Q"}
