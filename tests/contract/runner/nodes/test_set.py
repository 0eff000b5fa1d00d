from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("values", "output"),
    [
        ({}, {}),
        ({"a": 1, "b": [True, None], "c": {"d": "e"}}, {"a": 1, "b": [True, None], "c": {"d": "e"}}),
        ({"n": "{{ nodes.before.n + 1 }}"}, {"n": 42}),
        ({"said": "n is {{ nodes.before.n }}"}, {"said": "n is 41"}),
        ({"deep": [{"in": "{{ trigger.list[1] }}"}]}, {"deep": [{"in": "b"}]}),
        ({"{{ trigger }}": "names stay"}, {"{{ trigger }}": "names stay"}),
        ({"$set": 1, "a.b": 2, "__proto__": 3, "": 4}, {"$set": 1, "a.b": 2, "__proto__": 3, "": 4}),
    ],
)
async def test_values_are_computed(nodes: Nodes, values: dict[str, Any], output: dict[str, Any]) -> None:
    assert (
        await nodes.output("set", {"values": values}, trigger={"list": ["a", "b"]}, before={"n": 41})
        == output
    )


async def test_an_unknown_key_is_refused(nodes: Nodes) -> None:
    failure = await nodes.failure("set", {"value": {"a": 1}})
    assert failure.code == "invalid_config"
    assert "config.value" in failure.message
