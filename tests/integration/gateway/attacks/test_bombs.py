"""Bombs: bodies that are small to send and large to read, on every route that takes one."""

import asyncio
import gzip
from typing import Any

import orjson
import pytest

from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.beating import MOST_S, beats
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


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


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
