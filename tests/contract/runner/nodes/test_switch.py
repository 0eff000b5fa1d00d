from typing import Any

import pytest

from tests.contract.nodes import Nodes

CASES = [
    {"port": "one", "equals": 1},
    {"port": "yes", "equals": True},
    {"port": "text", "equals": "1"},
    {"port": "empty", "equals": None},
    {"port": "list", "equals": [1, {"a": 2}]},
    {"port": "late", "equals": 1},
]


@pytest.mark.parametrize(
    ("value", "port"),
    [
        (1, "one"),
        (1.0, "one"),
        (True, "yes"),
        ("1", "text"),
        (None, "empty"),
        ([1.0, {"a": 2}], "list"),
        ([1, {"a": "2"}], "default"),
        (False, "default"),
        (0, "default"),
        ("", "default"),
        ({"any": "thing"}, "default"),
    ],
)
async def test_the_first_case_that_equals_wins(nodes: Nodes, value: Any, port: str) -> None:
    result = await nodes.result("switch", {"value": "{{ trigger }}", "cases": CASES}, trigger=value)
    assert result.port == port
    assert result.output
    assert result.output.json_text == f'{{"port":"{port}"}}'


async def test_without_cases_all_go_to_default(nodes: Nodes) -> None:
    assert await nodes.port("switch", {"value": 1}) == "default"


async def test_a_case_can_be_computed(nodes: Nodes) -> None:
    config = {"value": 5, "cases": [{"port": "five", "equals": "{{ trigger + 1 }}"}]}
    assert await nodes.port("switch", config, trigger=4) == "five"


@pytest.mark.parametrize("port", ["failure", "", "two words", "a.b", 1])
async def test_a_port_needs_a_usable_name(nodes: Nodes, port: Any) -> None:
    failure = await nodes.failure("switch", {"value": 1, "cases": [{"port": port, "equals": 2}]})
    assert failure.code == "invalid_config"
    assert "config.cases.0.port" in failure.message


async def test_endless_nesting_is_refused(nodes: Nodes) -> None:
    deep: Any = 1
    for _ in range(240):
        deep = [deep]
    assert (await nodes.failure("switch", {"value": "{{ trigger }}"}, trigger=deep)).code == "too_deep"
