"""Two loads of another shape: one run with very many items, and very many runs that wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bench import graphs
from bench.client import Client, WrongAnswer
from bench.measure import percentiles
from bench.system import BENCH, System

ITEMS = 10_000
TRIALS = 3
SAMPLE_S = 0.5
WAITING = 1_000
SHORTEST_S = 15.0
LONGEST_S = 25.0
CLIENTS = 20
SETTLE_S = 1.0
WATCH_S = 3.0
PROBES = 50
EXECUTORS = ("runner", "connectors")


async def many_items(system: System, client: Client) -> dict[str, Any]:
    """Items a second, and the planner's memory in MB before, after each trial and at its most."""
    workflow_id = await client.publish("bench", graphs.many())
    await client.run(workflow_id, {"items": list(range(500))})
    planner = [_planner_mb(system)]
    most = planner[0]
    rates: list[float] = []
    for trial in range(TRIALS):
        started = time.perf_counter()
        run = asyncio.create_task(_map(client, workflow_id, trial))
        while not run.done():
            await asyncio.wait([run], timeout=SAMPLE_S)
            most = max(most, _planner_mb(system))
        run.result()
        rates.append(round(ITEMS / (time.perf_counter() - started), 1))
        planner.append(_planner_mb(system))
    return {
        "median": sorted(rates)[TRIALS // 2], "unit": "items/s", "trials": sorted(rates),
        "planner_mb": {"after": planner, "most": most},
    }  # fmt: skip


async def many_waiting(system: System, client: Client) -> dict[str, Any]:
    """How late runs go on, in ms; what processes use while all of them wait, in percent of one processor; and
    how long a run of one node takes then, in ms, next to how long it took before."""
    workflow_id = await client.publish("bench", graphs.pause())
    single = await client.publish("bench", graphs.single())
    before = await _probe(client, single)
    apart = (LONGEST_S - SHORTEST_S) / WAITING
    seconds = [SHORTEST_S + n * apart for n in range(WAITING)]
    first_due = time.monotonic() + SHORTEST_S
    runs = await _each(lambda n: client.start(workflow_id, {"n": n, "seconds": seconds[n]}), WAITING)
    last_due = time.monotonic() + LONGEST_S
    await asyncio.sleep(SETTLE_S)
    cpu = await _watched(system)
    meanwhile = await _probe(client, single)
    if time.monotonic() > first_due:
        raise WrongAnswer(f"{WAITING} runs took too long to start: some went on before all of them waited")
    await asyncio.sleep(last_due - time.monotonic())
    ended = await _each(lambda n: client.end(runs[n]), WAITING)
    late = [_late_ms(run, seconds[n], n) for n, run in enumerate(ended)]
    figures = percentiles(late)
    return {
        "median": figures["p50"], "unit": "ms late", **figures, "max": max(late), "runs": WAITING,
        "cpu_percent_waiting": cpu, "single_ms": {"before": before, "meanwhile": meanwhile},
    }  # fmt: skip


async def _map(client: Client, workflow_id: str, first: int) -> None:
    run = await client.end(await client.start(workflow_id, {"items": list(range(first, first + ITEMS))}))
    if run["output"] != list(range(first + 1, first + ITEMS + 1)):
        raise WrongAnswer(f"run {run['id']} answered with other items than it should, or in another order")


def _planner_mb(system: System) -> float:
    return system.processes.memory_mb("Rss").get("planner", 0.0)


async def _probe(client: Client, workflow_id: str) -> float:
    async def one(n: int) -> float:
        started = time.perf_counter()
        await client.run(workflow_id, {"n": n})
        return 1000 * (time.perf_counter() - started)

    return percentiles([await one(n) for n in range(PROBES)])["p50"]


async def _watched(system: System) -> dict[str, float]:
    before = system.processes.cpu_seconds()
    await asyncio.sleep(WATCH_S)
    after = system.processes.cpu_seconds()
    used = {name: 100 * (after[name] - before[name]) / WATCH_S for name in after if name not in BENCH}
    executors = sum(used.get(name, 0.0) for name in EXECUTORS)
    return {"executors": round(executors, 1), "all": round(sum(used.values()), 1)}


async def _each(call: Callable[[int], Awaitable[Any]], count: int) -> list[Any]:
    """`call` of every number below `count`, some at once; the answers in order."""
    numbers = iter(range(count))
    answers: list[Any] = [None] * count

    async def caller() -> None:
        for n in numbers:
            answers[n] = await call(n)

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(caller())
    return answers


def _late_ms(run: dict[str, Any], seconds: float, n: int) -> float:
    """From the end of the wait to when it is recorded as over; the few ms that the node took to ask for it
    count as well."""
    if run["output"] != n + 1:
        raise WrongAnswer(f"run {run['id']} answered {run['output']!r}, not {n + 1}")
    wait = run["nodes"]["wait"]
    began, ended = (datetime.fromisoformat(wait[key]) for key in ("started_at", "finished_at"))
    return round(1000 * ((ended - began).total_seconds() - seconds), 1)
