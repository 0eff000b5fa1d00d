"""Three planners, two runners, two gateways: one system."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.local.home import free_port
from services.local.system import System, running_system
from services.planner.decide import RESEND_MS
from shared.messaging.topology import PARTITIONS
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.e2e.client import Weft, chain, graph, http, node
from tests.http_server import Server
from tests.waiting import until

REPLICAS = {"planner": 3, "runner": 2, "gateway": 2}
PLANNERS = ("planner", "planner-2", "planner-3")
COUNT = "n = 0\nfor i in range(400_000):\n    n += i\nn"


@pytest.fixture(scope="module")
async def large(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Several of each; children that end are started again."""
    home = tmp_path_factory.mktemp("large")
    async with running_system(
        home, port=free_port(), say=logging.info, http_allow="127.0.0.1", replicas=REPLICAS
    ) as running:
        watching = asyncio.create_task(running.watch())
        yield running
        watching.cancel()


@pytest.fixture(scope="module")
async def callers(large: System) -> AsyncIterator[tuple[Weft, Weft]]:
    """A caller of each gateway."""
    about = {**asdict(large.about), "home": large.home}
    second = large.about.ready_urls["gateway-2"].removesuffix("/readyz")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {large.about.api_key}"}) as session:
        yield Weft(about, session), Weft({**about, "url": second}, session)


async def led(weft: Weft) -> dict[str, int]:
    """How many partitions each planner sees to."""
    found: dict[str, int] = {}
    for each in PLANNERS:
        try:
            told = await weft.metrics(each)
        except aiohttp.ClientError:
            continue
        for family in text_string_to_metric_families(told):
            if family.name == "weft_partitions_led":
                found[each] = int(family.samples[0].value)
    return found


async def shared_by(weft: Weft, count: int) -> None:
    """Return once so many planners share the partitions."""
    async with asyncio.timeout(40):
        while sum((found := await led(weft)).values()) != PARTITIONS or len(found) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_what_one_gateway_has_started_the_other_follows(
    callers: tuple[Weft, Weft], target: Server
) -> None:
    first, second = callers
    run_id = await first.start(graph([http("call", target.url("/gate/both")), node("z")], "call > z"))
    async with second.stream(run_id) as events:
        seen = [(await anext(events))["type"], (await anext(events))["type"]]
        target.open("both")
        seen += [each["type"] async for each in events]
    assert (seen[0], seen[-1]) == ("run.started", "run.succeeded")
    waited = await asyncio.gather(first.end(run_id), second.end(run_id))
    assert waited[0] == waited[1]
    key = {"Idempotency-Key": "both"}
    of = graph([http("call", target.url("/gate/once"))])
    once = [await each.start(of, **key) for each in callers]
    assert once[0] == once[1], "a key stands for one run, whichever gateway is asked"
    target.open("once")
    assert (await second.end(once[0]))["status"] == "succeeded"


async def test_the_planners_share_the_work(callers: tuple[Weft, Weft], large: System) -> None:
    await shared_by(callers[0], 3)
    store, writers = Store(large.about.mongo_url), set[str]()
    async with asyncio.timeout(60):
        while len(writers) < 3:  # a planner that has just come is given its partitions within seconds
            ids = [await callers[n % 2].start(chain(3)) for n in range(60)]
            assert {(await callers[0].end(each))["status"] for each in ids} == {"succeeded"}
            writers = {run.writer.partition(":")[0] for run in (await Runs(store).load(ids)).values()}
    await store.close()


@pytest.mark.parametrize("killed", PLANNERS[:2])
async def test_work_goes_on_at_once_when_a_planner_is_gone(
    callers: tuple[Weft, Weft], large: System, target: Server, killed: str
) -> None:
    weft, gate = callers[0], f"gone-{killed}"
    await shared_by(weft, 3)
    line = graph([http("call", target.url(f"/gate/{gate}")), node("z")], "call > z")
    held = [await weft.start(line) for _ in range(32)]
    await until(lambda: target.paths.count(f"/gate/{gate}") == 32)
    pid = weft.kill(killed)
    killed_at = time.monotonic()
    target.open(gate)
    fresh = [await weft.start(chain(3)) for _ in range(32)]
    ends = await asyncio.gather(*(weft.end(each) for each in (*held, *fresh)))
    took_s = time.monotonic() - killed_at
    assert took_s < RESEND_MS / 1000, "nothing was lost that had to be sent again; how fast: make recovery"
    assert {each["status"] for each in ends} == {"succeeded"}
    for each in held:
        await weft.events(each)
    await weft.back(killed, pid)


async def test_the_high_lane_goes_past_a_full_normal_one_on_every_runner(callers: tuple[Weft, Weft]) -> None:
    weft = callers[0]
    slow = graph([node(f"c{n}", "code.python", {"code": COUNT}) for n in range(100)], max_parallel=100)
    normal = [await weft.start(slow) for _ in range(6)]
    await weft.until(normal[0], "node.succeeded")
    urgent: dict[str, Any] = {"graph": graph([node("u", "code.python", {"code": "1"})]), "lane": "high"}
    answers = [await weft.call("POST", "/runs?wait=60", urgent) for _ in range(3)]
    assert [(status, run["status"]) for status, run in answers] == [(200, "succeeded")] * 3
    open_runs = [await weft.call("GET", f"/runs/{each}") for each in normal]
    left = {run["status"] for _, run in open_runs} & {"queued", "running"}
    assert left, "there was something to go past"
    for each in normal:
        await weft.call("POST", f"/runs/{each}/cancel")
        await weft.end(each)
