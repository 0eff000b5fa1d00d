from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("{{ trigger.n > 5 }}", True),
        ("{{ trigger.n > 7 }}", False),
        ("{{ trigger.name }}", True),
        ("{{ trigger.nothing }}", False),
        ("{{ 'x' in trigger.name and trigger.n == 7 }}", False),
        (True, True),
        (False, False),
        (None, False),
        (0, False),
        ("", False),
        ([], False),
        ({}, False),
        ([0], True),
    ],
)
async def test_it_goes_one_of_two_ways(nodes: Nodes, when: Any, holds: bool) -> None:
    trigger = {"n": 7, "name": "Ann", "nothing": None}
    result = await nodes.result("condition", {"when": when}, trigger=trigger)
    assert result.port == ("true" if holds else "false")
    assert result.output
    assert result.output.json_text == f'{{"when":{str(holds).lower()}}}'


async def test_there_must_be_a_condition(nodes: Nodes) -> None:
    assert "config.when" in (await nodes.failure("condition", {})).message
