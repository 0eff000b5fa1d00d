from typing import Any

from tests.contract.nodes import Nodes

TOKEN = {"data": {"a": {"b": 1}, "text": "{{ trigger }}"}, "next": "S"}


def config(**state: Any) -> dict[str, Any]:
    return {"from": ["{{ nodes.before }}"], "at": "S", "name": "State S", "state": state}


async def test_paths_and_templates_make_the_input(nodes: Nodes) -> None:
    asked = config(InputPath="$.a", Parameters={"b.$": "$.b", "here.$": "$$.State.Name", "as": "{{ it is }}"})
    found = await nodes.output("asl.input", asked, before=TOKEN)
    assert found == {"raw": TOKEN["data"], "input": {"b": 1, "here": "State S", "as": "{{ it is }}"}}


async def test_the_context_object_knows_the_run(nodes: Nodes) -> None:
    asked = config(
        Parameters={"id.$": "$$.Execution.Id", "in.$": "$$.Execution.Input", "m.$": "$$.Map.Item.Index"}
    )
    asked["extra"] = {"input": "{{ trigger }}", "map": {"Item": {"Index": 3, "Value": "x"}}}
    found = await nodes.output("asl.input", asked, before=TOKEN, trigger=[1])
    assert found["input"] == {"id": "run_1", "in": [1], "m": 3}


async def test_a_path_that_leads_nowhere_fails(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.input", config(InputPath="$.nothing"), before=TOKEN)
    assert failure.code == "States.Runtime"
    assert "$.nothing" in failure.message
    failure = await nodes.failure("asl.input", config(Parameters={"x.$": "$.nothing"}), before=TOKEN)
    assert failure.code == "States.ParameterPathFailure"
