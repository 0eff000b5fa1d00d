"""How soon work goes on when something is gone: measured one by one, each against its bound."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from shared.contracts.run import RUN_FINISHED
from tests.chaos import reading
from tests.chaos.caller import ChaosError
from tests.chaos.keeper import until
from tests.chaos.load import Load
from tests.chaos.storm import Say, Stage, staged
from tests.e2e.client import Body, graph, http, node, values

WITHIN_S = 120
START_S = 15
"""A process needs 2 s on a machine that has nothing else to do, and much more where others are busy."""
PROGRAM = "n = 0\nfor i in range(400_000):\n    n += i\nn"
MANY = 16


@dataclass(frozen=True)
class Figure:
    """Seconds that something took, and may take."""

    what: str
    seconds: float
    bound_s: float

    @property
    def good(self) -> bool:
        """Whether it was soon enough."""
        return self.seconds <= self.bound_s

    def __str__(self) -> str:
        return f"  {self.what:62} {self.seconds:6.2f} {self.bound_s:6.0f}   {'' if self.good else 'TOO LATE'}"


async def begin(stage: Stage, of: Body, given: Any = None) -> str:
    """Start a run; its id."""
    status, run = await stage.caller.send("POST", "/runs", {"graph": of, "input": given})
    if status != 202:
        raise ChaosError(f"a run was refused: {status} {run}")
    return run["id"]


async def end(stage: Stage, run_id: str) -> Body:
    """The run, once it has finished."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            _, run = await stage.caller.send("GET", f"/runs/{run_id}?wait=20")
            if run["status"] in RUN_FINISHED:
                return run


async def began(stage: Stage, run_id: str, node_id: str) -> None:
    """Return once an executor has said that it works on the node."""

    async def running() -> bool:
        _, run = await stage.caller.send("GET", f"/runs/{run_id}")
        return run["nodes"][node_id]["status"] == "running"

    await until(running, f"{node_id} to begin")


async def planner_gone(stage: Stage) -> list[Figure]:
    """Runs over all partitions, begun the moment a planner is killed."""
    of = graph([values("a", n=1), node("b", "code.python", {"code": "1 + 1"})], "a > b")
    await asyncio.gather(*[end(stage, await begin(stage, of)) for _ in range(MANY)])
    stage.keeper.kill(await stage.keeper.one("planner"))
    killed = time.monotonic()
    runs = [await begin(stage, of) for _ in range(MANY)]
    ends = await asyncio.gather(*(end(stage, each) for each in runs))
    _succeeded(ends)
    what, bound_s = _among(stage, "planner", 5)
    return [Figure(f"{what}: work in all partitions goes on", time.monotonic() - killed, bound_s)]


async def runner_gone(stage: Stage) -> list[Figure]:
    """A program that runs when its runner is killed, and its first attempt is still the only one."""
    run_id = await begin(stage, graph([node("a", "code.python", {"code": PROGRAM}), node("b")], "a > b"))
    others = [
        await begin(stage, graph([node("a", "code.python", {"code": PROGRAM})])) for _ in range(MANY // 2)
    ]
    stage.keeper.kill(await stage.keeper.one("runner"))
    killed = time.monotonic()
    _succeeded(await asyncio.gather(*(end(stage, each) for each in (run_id, *others))))
    what, bound_s = _among(stage, "runner", 5)
    return [Figure(f"{what}: what has no side effects is done", time.monotonic() - killed, bound_s)]


async def connectors_gone(stage: Stage) -> list[Figure]:
    """A GET and a POST under way in a process that is killed."""
    slow = {name: stage.target.url(name, slow_ms=2000) for name in ("get", "post")}
    get = await begin(stage, graph([http("get", slow["get"])]))
    post = await begin(stage, graph([http("post", slow["post"], "POST")]))
    await asyncio.gather(began(stage, get, "get"), began(stage, post, "post"))
    for name in stage.keeper.names("connectors"):
        stage.keeper.kill(name)
    killed = time.monotonic()

    async def again() -> bool:
        _, run = await stage.caller.send("GET", f"/runs/{get}")
        return run["nodes"]["get"]["attempt"] == 2

    async def repeated() -> float:
        await until(again, "the GET to be tried again", WITHIN_S)
        return time.monotonic() - killed

    async def given_up() -> tuple[float, Body]:
        run = await end(stage, post)
        return time.monotonic() - killed, run

    get_s, (post_s, failed) = await asyncio.gather(repeated(), given_up())
    _succeeded([await end(stage, get)])
    if failed["failure"]["code"] != "lost" or stage.target.ledger[f"{post}:post"] != 1:
        raise ChaosError(f"the POST came to {failed['failure']}")
    return [
        Figure("the connectors killed: what may be repeated is tried again", get_s, 30),
        Figure("the connectors killed: what must not be has failed as lost", post_s, 30),
    ]


async def broker_wiped(stage: Stage) -> list[Figure]:
    """Runs of every shape, and a broker that comes back without its data."""
    load = Load(7, stage.caller, stage.target)
    await load.prepare()
    load.began = time.monotonic()
    running = [asyncio.create_task(load.run(number, number * 0.1)) for number in range(50)]
    await asyncio.sleep(5)
    held = stage.keeper.held["broker"]
    held.clear()
    back = stage.keeper.kill("broker")
    wiped = time.monotonic()
    await stage.system.processes["broker"].wait()
    shutil.rmtree(stage.system.home / "rabbitmq" / "data")
    held.set()
    await back
    back_s = time.monotonic() - wiped
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*running)
    finished_s = time.monotonic() - wiped

    async def quiet() -> bool:
        return not await reading.unfinished(stage.store)

    await until(quiet, "all child runs to finish")
    return [
        Figure("the broker wiped: it is back", back_s, 60),
        Figure("the broker wiped: all runs have finished", finished_s, 60),
    ]


MEASURED: tuple[Callable[[Stage], Awaitable[list[Figure]]], ...] = (
    planner_gone, runner_gone, connectors_gone, broker_wiped,
)  # fmt: skip


async def measured(home: Path, say: Say, *only: Callable[[Stage], Awaitable[list[Figure]]]) -> list[Figure]:
    """Each of them on the same system, once it is well again after the one before."""
    figures: list[Figure] = []
    async with staged(home, Random(0), say) as stage:
        load = Load(0, stage.caller, stage.target)
        await load.prepare()
        for measure in only or MEASURED:
            await stage.keeper.all_up()
            found = await measure(stage)
            for each in found:
                say(str(each))
            figures += found
    return figures


def _among(stage: Stage, kind: str, bound_s: float) -> tuple[str, float]:
    """What was killed, and how long that may take: another takes over, or it has to start again."""
    if len(stage.keeper.names(kind)) > 1:
        return f"one {kind} of several killed", bound_s
    return f"the only {kind} killed", bound_s + START_S


def _succeeded(runs: list[Body]) -> None:
    for run in runs:
        if run["status"] != "succeeded":
            raise ChaosError(f"{run['id']} has {run['status']}: {run['failure']}")
