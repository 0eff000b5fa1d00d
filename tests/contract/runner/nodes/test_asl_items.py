from typing import Any

from tests.contract.nodes import Nodes

TOKEN = {"data": {"list": ["x", "y"], "most": 1}, "next": "M"}


def config(**state: Any) -> dict[str, Any]:
    return {"from": ["{{ nodes.before }}"], "at": "M", "name": "M", "state": state}


async def test_each_iteration_gets_its_input_and_its_item(nodes: Nodes) -> None:
    asked = config(ItemsPath="$.list", ItemSelector={"v.$": "$$.Map.Item.Value"}, MaxConcurrencyPath="$.most")
    found = await nodes.output("asl.items", asked, before=TOKEN)
    assert found == {
        "raw": TOKEN["data"],
        "items": [
            {"data": {"v": "x"}, "Map": {"Item": {"Index": 0, "Value": "x"}}},
            {"data": {"v": "y"}, "Map": {"Item": {"Index": 1, "Value": "y"}}},
        ],
        "concurrency": 1,
        "tolerated": 0,
    }


async def test_what_is_no_array_has_no_items(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.items", config(ItemsPath="$.most"), before=TOKEN)
    assert (failure.code, failure.message) == (
        "States.Runtime",
        "Reference path '$.most' must point to an array",
    )
