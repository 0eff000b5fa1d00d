"""Bombs: bodies that are small to send and large to read, on every route that takes one."""

import asyncio
import gzip
import time
from typing import Any

import orjson
import pytest

from tests.integration.gateway.api import Answer, Planner
from tests.integration.gateway.attacks.scene import GRAPH, Scene, furnished
from tests.integration.gateway.attacks.walk import routes
from tests.integration.gateway.identity.people import Town

DEEP = 10_000
LEVELS = b"[" * DEEP + b"]" * DEEP
BOMBS: dict[str, bytes] = {
    "lists in lists": LEVELS,
    "objects in objects": b'{"input":' + b'{"a":' * DEEP + b"1" + b"}" * (DEEP + 1),
    "lists in a field": b'{"input":' + LEVELS + b"}",
    "never closed": b"[" * 20_000,
    "a float beyond all": b'{"input": 1e999999}',
    "a float of many digits": b'{"input": 0.' + b"1" * 20_000 + b"}",
    "an integer of many digits": b'{"input": ' + b"9" * 5_000 + b"}",
    "many keys": orjson.dumps({f"k{number}": 1 for number in range(5_000)}),
    "one key many times": b"{" + b'"input":1,' * 5_000 + b'"input":1}',
    "many escapes": b'{"input": "' + b"\\u0041" * 10_000 + b'"}',
    "packed": gzip.compress(b" " * 10_000_000),
}
HARMLESS = ("one key many times", "many escapes", "a float of many digits")
"""They are no bombs in the end, and taken where any JSON is."""
MOST_S = 2.0


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


async def beats(until: asyncio.Event) -> float:
    """The most, until then, that the loop worked without a pause, in seconds of this process's own: however
    busy the machine is."""
    longest, last = 0.0, time.process_time()
    while not until.is_set():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.process_time() - last), time.process_time()
    return longest


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_by_every_route_and_holds_up_nobody(scene: Scene, bomb: str) -> None:
    done = asyncio.Event()
    beating = asyncio.create_task(beats(done))
    headers = {
        "Content-Type": "application/json",
        **({"Content-Encoding": "gzip"} if bomb == "packed" else {}),
    }
    tried = 0
    for route in await routes(scene.admin):
        if route.method in ("POST", "PUT", "PATCH") and route.body is not None:
            path = route.path(scene.workspace, scene.ids) + ("?wait=0" if "wait" in route.queries else "")
            answer = await scene.admin.call(route.method, path, data=BOMBS[bomb], headers=headers)
            assert 400 <= answer.status < 500 or bomb in HARMLESS, (route.name, answer.status, answer.body)
            assert answer.status not in (500, 502), (route.name, answer.body)
            assert len(str(answer.body)) < 200_000, route.name
            tried += 1
    done.set()
    assert tried > 50
    assert await beating < MOST_S


async def test_what_is_just_allowed_is_taken(scene: Scene, planner: Planner) -> None:
    """The control: as deep, as large and as long as values may be."""
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    for value in (deep, 2**64 - 1, -(2**63), 1e308, "x" * 100_000, {f"k{n}": n for n in range(10_000)}):
        answer = await scene.admin.post("/runs", {"graph": GRAPH, "input": value})
        assert (answer.status, answer.body["input"]) == (202, value)
        await planner.next_run()


async def posted(scene: Scene, path: str, body: bytes) -> Answer:
    return await scene.admin.call("POST", path, data=body, headers={"Content-Type": "application/json"})


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
