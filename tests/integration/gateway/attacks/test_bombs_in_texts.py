"""Bombs in what is read of texts: definitions of other systems, and expressions."""

import asyncio

import pytest

from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.beating import MOST_S, beats
from tests.integration.gateway.attacks.scene import Scene, furnished
from tests.integration.gateway.identity.people import Town

CALLS = "States.Format('{}', " * 500 + "1" + ")" * 500
DEFINITIONS = {
    "deep calls": {"Parameters": {"x.$": CALLS}},
    "long numbers in calls": {"Parameters": {"x.$": f"States.MathAdd({'9' * 5000}, 1)"}},
    "beyond all floats": {"Parameters": {"x.$": "States.MathAdd(1e999, 1)"}},
    "long numbers in paths": {"InputPath": f"$[{'9' * 5000}]"},
    "long slices": {"InputPath": f"$[{'9' * 5000}:1]"},
    "quotes": {"InputPath": "$['" + "\\'" * 100_000},
    "brackets": {"InputPath": "$" + "[" * 100_000},
    "parentheses": {"InputPath": "$[?(" + "(" * 50_000 + ")]"},
    "blanks": {"InputPath": "$[" + " " * 100_000 + "!]"},
    "a long wait": {"Type": "Wait", "Seconds": 1e300},
}


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


@pytest.mark.parametrize("name", DEFINITIONS)
async def test_a_bomb_in_a_definition_is_refused(scene: Scene, name: str) -> None:
    state = {"Type": "Pass", "End": True, **DEFINITIONS[name]}
    document = {"StartAt": "A", "States": {"A": state}}
    answer = await scene.admin.post("/workflows/import", {"format": "asl", "document": document})
    answer.refused(422, "invalid_definition")


EXPRESSIONS = {
    "triple quotes": "{{ '''" + "\\" * 5_000 + " }}",
    "quotes": "{{ '" + "\\'" * 4_000,
    "parentheses": "{{ " + "(" * 4_000 + "1" + ")" * 4_000 + " }}",
    "unary": "{{ " + "-" * 9_000 + "1 }}",
    "not": "{{ " + "not " * 2_000 + "1 }}",
    "attributes": "{{ trigger" + ".a" * 4_000 + " }}",
    "a long number": "{{ " + "9" * 9_000 + " }}",
    "a power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "never closed": "{{ " * 100_000,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
async def test_a_bomb_in_an_expression_holds_up_nobody(scene: Scene, name: str) -> None:
    done = asyncio.Event()
    beating = asyncio.create_task(beats(done))
    graph = {"nodes": [{"id": "a", "type": "set", "config": {"values": {"x": EXPRESSIONS[name]}}}]}
    checked = await scene.admin.post("/graphs/validate", {"graph": graph})
    assert checked.status in (200, 422), checked.body
    saved = await scene.admin.post("/workflows", {"name": "x", "graph": graph})
    assert saved.status in (201, 422), saved.body
    done.set()
    assert await beating < MOST_S
