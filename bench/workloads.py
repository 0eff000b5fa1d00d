"""What is measured: each load three times after a warm-up, every answer checked."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import door, graphs, hooks, schedules, shapes, sharing
from bench.client import Client, WrongAnswer
from bench.measure import medians, percentiles
from bench.system import BENCH, NotRunning, System

TRIALS = 3
CLIENTS = 20
STORED = 2_000
SETTLE_S = 3
IDLE_S = 5
SAMPLE_S = 0.5


@dataclass(frozen=True)
class Load:
    """`runs` runs of one graph by `clients` at once; run `n` must answer `adds + n * times`."""

    graph: Callable[[], graphs.Graph]
    runs: int
    clients: int
    warm_up: int
    adds: int = 0
    times: int = 1


CHAIN = Load(graphs.chain, runs=200, clients=CLIENTS, warm_up=200, adds=graphs.LENGTH)
BRANCH = Load(graphs.branch, runs=200, clients=CLIENTS, warm_up=50, adds=graphs.LENGTH)
CALLS = Load(graphs.calls, runs=200, clients=CLIENTS, warm_up=20, adds=graphs.LENGTH)
FAN = Load(graphs.fan, runs=50, clients=CLIENTS, warm_up=20, times=sum(range(graphs.BRANCHES + 1)))
LATENCY = Load(graphs.single, runs=100, clients=1, warm_up=20, adds=1)
FORTY = Load(graphs.forty, runs=1, clients=1, warm_up=1, adds=graphs.FORTY)


class Bench:
    """One client of one system; keeps what later figures compare themselves with."""

    def __init__(self, system: System, client: Client) -> None:
        self._system = system
        self._client = client
        self._first_chain: dict[str, Any] | None = None
        self._last: dict[str, Any] = {}

    async def machine(self) -> dict[str, Any]:
        """Processor seconds that five million additions take here and now: what other figures are to be seen
        by."""
        trials = sorted(_additions() for _ in range(TRIALS))
        return {"median": trials[len(trials) // 2], "unit": "s", "trials": trials}

    async def chain(self) -> dict[str, Any]:
        """Runs a second of ten `set` nodes in a row."""
        row = await self._rate(CHAIN)
        self._first_chain = self._first_chain or row
        return row

    async def calls(self) -> dict[str, Any]:
        """Runs a second of ten GETs in a row."""
        return await self._rate(CALLS)

    async def fan(self) -> dict[str, Any]:
        """Runs a second of 1 -> 20 -> 1."""
        return await self._rate(FAN)

    async def latency(self) -> dict[str, Any]:
        """Milliseconds from the request to the answer of a run of one node, one at a time."""
        trials = await self._trials(LATENCY)
        latency = medians([trial["latency_ms"] for trial in trials])
        return {"median": latency["p50"], "unit": "ms", **latency, "cpu_ms_per_run": _cpu(trials)}

    async def forty(self) -> dict[str, Any]:
        """Seconds that one run of forty programs in a row takes."""
        trials = await self._trials(FORTY)
        seconds = sorted(round(trial["seconds"], 4) for trial in trials)
        middle = seconds[len(seconds) // 2]
        return {"median": middle, "unit": "s", "trials": seconds, "cpu_ms_per_run": _cpu(trials)}

    async def branch(self) -> dict[str, Any]:
        """How fast the chain is with a condition in its middle, as a ratio to the chain without: of runs a
        second, and of processor time. Both are measured in turn, so that they see the same machine."""
        workflows = [(load, await self._warmed_up(load)) for load in (CHAIN, BRANCH)]
        pairs = [[await self._trial(*each) for each in workflows] for _ in range(TRIALS)]
        rates = sorted(round(plain["seconds"] / branched["seconds"], 3) for plain, branched in pairs)
        cpu = [[sum(trial["cpu_ms"].values()) for trial in pair] for pair in pairs]
        return {
            "median": rates[len(rates) // 2], "unit": "ratio", "trials": rates,
            "cpu_ratio": medians([{"cpu": plain / branched} for plain, branched in cpu])["cpu"],
        }  # fmt: skip

    async def map(self) -> dict[str, Any]:
        """Items a second of a map over 10,000, and how the planner's memory grows by it."""
        return await shapes.many_items(self._system, self._client)

    async def schedules(self) -> dict[str, Any]:
        """How late 1,000 schedules are, all at once and spread."""
        return await schedules.lateness(self._client)

    async def webhook(self) -> dict[str, Any]:
        """Milliseconds until a signed webhook is acknowledged, at 50 a second."""
        return await hooks.acknowledged(self._client)

    async def launch(self) -> dict[str, Any]:
        """Milliseconds until a run is accepted, at 50 a second."""
        return await door.launched(self._client, self._system.processes)

    async def read(self) -> dict[str, Any]:
        """Milliseconds that an authenticated GET of a run takes, at 50 a second."""
        return await door.read(self._client, self._system.processes)

    async def suspended(self) -> dict[str, Any]:
        """Milliseconds that 1,000 runs go on after the end of their `wait`, and what they cost until then."""
        return await shapes.many_waiting(self._system, self._client)

    async def fair(self) -> dict[str, Any]:
        """What 10,000 queued runs of one workspace mean for another's, as a ratio."""
        return await sharing.flooded(self._system)

    async def idle(self) -> dict[str, Any]:
        """Memory of a system that has nothing to do, and the processor time it uses meanwhile."""
        await asyncio.sleep(SETTLE_S)
        before = self._system.processes.cpu_seconds()
        samples = []
        for _ in range(TRIALS):
            await asyncio.sleep(IDLE_S / TRIALS)
            samples.append(self._memory())
        after = self._system.processes.cpu_seconds()
        used = sum(after[name] - before[name] for name in after if name not in BENCH)
        return {**_middle(samples), "cpu_percent": round(100 * used / IDLE_S, 1)}

    async def loaded(self) -> dict[str, Any]:
        """The most memory in use at once while chains, calls and fans run together."""
        return _middle([await self._peak() for _ in range(TRIALS)])

    async def _peak(self) -> dict[str, Any]:
        samples = [self._memory()]
        work = asyncio.gather(*(self._once(load) for load in (CHAIN, CALLS, FAN)))
        while not work.done():
            await asyncio.wait([work], timeout=SAMPLE_S)
            samples.append(self._memory())
        work.result()
        return max(samples, key=lambda sample: sample["median"])

    async def growth(self) -> dict[str, Any]:
        """The rate of chains after 2,000 more stored runs, as a ratio to the first one measured. `cpu_ratio`
        says the same of processor time a run, which a machine whose speed changes disturbs less."""
        first = self._first_chain or await self.chain()
        workflow_id = await self._client.publish("bench", CHAIN.graph())
        await self._drive(CHAIN, workflow_id, STORED)
        later = await self._rate(CHAIN)
        cpu = [sum(row["cpu_ms_per_run"].values()) for row in (first, later)]
        return {
            "median": round(later["median"] / first["median"], 3),
            "unit": "ratio",
            "cpu_ratio": round(cpu[1] / cpu[0], 3),
            "first": first["median"],
            "later": later["median"],
            "stored": STORED,
        }

    async def _rate(self, load: Load) -> dict[str, Any]:
        trials = await self._trials(load)
        rates = sorted(round(load.runs / trial["seconds"], 1) for trial in trials)
        return {
            "median": rates[len(rates) // 2], "unit": "runs/s", "trials": rates,
            "latency_ms": medians([trial["latency_ms"] for trial in trials]), "cpu_ms_per_run": _cpu(trials),
        }  # fmt: skip

    async def _warmed_up(self, load: Load) -> str:
        workflow_id = await self._client.publish("bench", load.graph())
        await self._drive(load, workflow_id, load.warm_up)
        return workflow_id

    async def _once(self, load: Load) -> None:
        await self._trial(load, await self._warmed_up(load))

    async def _trials(self, load: Load) -> list[dict[str, Any]]:
        workflow_id = await self._warmed_up(load)
        trials = [await self._trial(load, workflow_id) for _ in range(TRIALS)]
        await self._check_stored(self._last)
        return trials

    async def _check_stored(self, run: dict[str, Any]) -> None:
        """Every node of a run must be on record with its output: a figure without that would flatter."""
        for node_id in run["nodes"]:
            stored = await self._client.node_run(run["id"], node_id)
            if not stored["attempts"] or stored["attempts"][-1]["output"] is None:
                raise WrongAnswer(f"node {node_id} of run {run['id']} is not stored: {stored}")

    async def _trial(self, load: Load, workflow_id: str) -> dict[str, Any]:
        before = self._system.processes.cpu_seconds()
        started = time.perf_counter()
        latencies = await self._drive(load, workflow_id, load.runs)
        seconds = time.perf_counter() - started
        after = self._system.processes.cpu_seconds()
        cpu = {name: 1000 * (after[name] - before[name]) / load.runs for name in after}
        return {"seconds": seconds, "latency_ms": percentiles(latencies), "cpu_ms": cpu}

    async def _drive(self, load: Load, workflow_id: str, runs: int) -> list[float]:
        """Start and await so many runs with the load's clients; the milliseconds each took."""
        latencies: list[float] = []
        numbers = iter(range(runs))

        async def client() -> None:
            for n in numbers:
                started = time.perf_counter()
                run = await self._client.run(workflow_id, {"n": n, "base": self._system.target})
                latencies.append(1000 * (time.perf_counter() - started))
                self._last = run
                if run["output"] != (expected := load.adds + n * load.times):
                    raise WrongAnswer(f"run {run['id']} answered {run['output']!r}, not {expected}")

        async with asyncio.TaskGroup() as group:
            for _ in range(load.clients):
                group.create_task(client())
        return latencies

    def _memory(self) -> dict[str, Any]:
        """Megabytes of all processes but the bench's own. Resident sizes count a shared page in each process,
        so their sum is the upper end; the proportional sum is what the machine really has less."""
        resident = self._system.processes.memory_mb("Rss", leave_out=BENCH)
        proportional = self._system.processes.memory_mb("Pss", leave_out=BENCH)
        if not resident:
            raise NotRunning("memory needs the processes' ids: set WEFT_HOME to the folder of local.json")
        return {
            "median": round(sum(resident.values())), "unit": "MB",
            "pss_mb": round(sum(proportional.values())), "rss_mb_by": resident,
        }  # fmt: skip


def _middle(samples: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(samples, key=lambda sample: sample["median"])[len(samples) // 2]


def _cpu(trials: list[dict[str, Any]]) -> dict[str, float]:
    return medians([trial["cpu_ms"] for trial in trials])


def _additions() -> float:
    start, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number
    return round(time.process_time() - start, 3)


NAMES = (
    "machine", "idle", "chain", "branch", "calls", "fan", "latency", "forty", "map", "suspended", "fair",
    "schedules", "webhook", "launch", "read", "loaded", "growth",
)  # fmt: skip
