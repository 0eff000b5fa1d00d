"""Processes killed in the middle of a container: no item is lost, none is answered for twice."""

import asyncio
from collections import Counter

import pytest

from shared.storage.mongo import Store
from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.e2e.containers import doubled, each, loop
from tests.http_server import Server
from tests.waiting import until

COUNT = 300
ITEMS = {"items": list(range(COUNT))}
DOUBLED = [2 * n for n in range(COUNT)]


async def released(store: Store, run_id: str, least: int) -> None:
    """Return once so many items have been begun."""
    async with asyncio.timeout(60):
        while True:
            run = await store["runs"].find_one({"_id": run_id})
            suspended = (run or {}).get("nodes", {}).get("each", {}).get("suspended") or {}
            if suspended.get("children", {}).get("released", 0) >= least:
                return
            await asyncio.sleep(0.01)


async def children(store: Store, run_id: str) -> dict[str, int]:
    """How many child runs there are by status."""
    return await store["runs"].count_by({"parent_id": run_id}, "status")


def posting(target: Server) -> Body:
    """A body that sends its item somewhere, which must not happen twice, and answers with twice the item."""
    post = http("send", target.url("/echo"), "POST")
    post["config"]["json"] = "{{ item }}"
    return graph([post, values("double", n="{{ item * 2 }}")], "send > double", output="{{ nodes.double.n }}")


@pytest.mark.parametrize("service", ["planner", "runner"])
async def test_a_map_of_light_items_goes_on(weft: Weft, system_store: Store, service: str) -> None:
    run_id = await weft.start(graph([each("each", doubled())], output="{{ nodes.each }}"), ITEMS)
    await released(system_store, run_id, 50)
    await weft.back(service, weft.kill(service))
    run = await weft.end(run_id)
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == DOUBLED
    assert await children(system_store, run_id) == {"succeeded": COUNT}


@pytest.mark.parametrize("service", ["planner", "runner"])
async def test_a_map_of_requests_goes_on_and_sends_each_once(
    weft: Weft, target: Server, system_store: Store, service: str
) -> None:
    of = graph([each("each", posting(target), concurrency=30)], output="{{ nodes.each }}")
    run_id = await weft.start(of, ITEMS)
    await until(lambda: len(target.paths) >= 60)
    await weft.back(service, weft.kill(service))
    run = await weft.end(run_id)
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == DOUBLED
    sent = Counter(str(one["body"]) for one in target.seen)
    assert sent == {str(n): 1 for n in range(COUNT)}
    assert await children(system_store, run_id) == {"succeeded": COUNT}


@pytest.mark.parametrize("service", ["planner", "runner"])
async def test_a_loop_goes_on_from_the_turn_it_was_in(
    weft: Weft, target: Server, system_store: Store, service: str
) -> None:
    post = http("send", target.url("/echo"), "POST")
    post["config"]["json"] = "{{ index }}"
    add = node("add", "code.python", {"code": "n + 1", "inputs": {"n": "{{ item }}"}})
    body = graph([post, add], "send > add", output="{{ nodes.add }}")
    of = graph([loop("spin", body, "item < 30", 0)], output="{{ nodes.spin }}")
    run_id = await weft.start(of)
    await until(lambda: len(target.paths) >= 10)
    await weft.back(service, weft.kill(service))
    run = await weft.end(run_id)
    assert (run["status"], run["output"]) == ("succeeded", 30), run["failure"]
    assert [one["body"] for one in target.seen] == [str(n) for n in range(30)]
    assert await children(system_store, run_id) == {"succeeded": 30}
