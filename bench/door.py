"""How soon the gateway answers while the system works: starting runs, and reading one."""

from collections.abc import Awaitable, Callable
from typing import Any

from bench import graphs
from bench.client import Client, WrongAnswer
from bench.measure import Processes, medians, percentiles
from bench.paced import PER_S, SECONDS, WARM_UP, paced

TRIALS = 3


async def launched(client: Client, processes: Processes) -> dict[str, Any]:
    """Milliseconds until a run is accepted, at so many a second, all of which are carried out meanwhile."""
    workflow_id = await client.publish("launch", graphs.single())
    begun: list[str] = []

    async def launch(number: int) -> None:
        begun.append(await client.start(workflow_id, {"n": number}))

    row = await _paced(launch, processes)
    for run_id in begun[-PER_S:]:
        await client.end(run_id)
    return row


async def read(client: Client, processes: Processes) -> dict[str, Any]:
    """Milliseconds that reading a run takes, at so many a second."""
    run = await client.run(await client.publish("read", graphs.single()), {"n": 1})

    async def look(_number: int) -> None:
        if (await client.send("GET", f"/runs/{run['id']}", None, expected=200))["output"] != run["output"]:
            raise WrongAnswer(f"run {run['id']} is another one when it is read")

    return await _paced(look, processes)


async def _paced(send: Callable[[int], Awaitable[None]], processes: Processes) -> dict[str, Any]:
    await paced(send, WARM_UP)
    before, trials = processes.cpu_seconds(), []
    for _ in range(TRIALS):
        trials.append(percentiles(await paced(send, PER_S * SECONDS)))
    after, latency = processes.cpu_seconds(), medians(trials)
    many = TRIALS * PER_S * SECONDS
    cpu = {name: round(1000 * (after[name] - before[name]) / many, 2) for name in after}
    return {"median": latency["p50"], "unit": "ms", **latency, "per_s": PER_S, "cpu_ms": cpu}
