"""What one workspace's flood means for the runs of another, and for the planner's memory."""

import time
from typing import Any

from bench import graphs
from bench.crowd import Crowd, crowded
from bench.measure import percentiles
from bench.system import NotRunning, System
from shared.storage.mongo import Store

FLOOD = 10_000
FEW = 100
SINGLES = 20
TRIALS = 3


async def flooded(system: System) -> dict[str, Any]:
    """How many times as long 100 runs take while 10,000 of another workspace are queued as they take alone;
    the same for runs one at a time (p50 in ms); the planner's memory in MB before and then."""
    if not system.amqp_url or not system.mongo_url:
        raise NotRunning("this figure needs a system of this machine: it is told where broker and store are")
    store = Store(system.mongo_url)
    try:
        async with crowded(system.amqp_url, store) as crowd:
            await _seconds(crowd, FEW)
            alone, single = await _trials(crowd), await _singles(crowd)
            before = _planner_mb(system)
            await crowd.begin("flooding", FLOOD, graphs.chain())
            beside, pressed = await _trials(crowd), await _singles(crowd)
            queued = FLOOD - sum(each.workspace_id == "flooding" for each in crowd.ended)
            after = _planner_mb(system)
    finally:
        await store.close()
    ratio = round(sorted(beside)[TRIALS // 2] / sorted(alone)[TRIALS // 2], 2)
    return {
        "median": ratio, "unit": "ratio", "alone_s": alone, "beside_s": beside,
        "single_ms": [single, pressed], "still_queued": queued, "planner_mb": [before, after],
    }  # fmt: skip


async def _trials(crowd: Crowd) -> list[float]:
    return [await _seconds(crowd, FEW) for _ in range(TRIALS)]


async def _seconds(crowd: Crowd, count: int) -> float:
    begun = time.perf_counter()
    await crowd.end(await crowd.begin("few", count, graphs.chain()))
    return round(time.perf_counter() - begun, 3)


async def _singles(crowd: Crowd) -> float:
    return percentiles([1000 * await _seconds(crowd, 1) for _ in range(SINGLES)])["p50"]


def _planner_mb(system: System) -> float:
    return system.processes.memory_mb("Rss")["planner"]
