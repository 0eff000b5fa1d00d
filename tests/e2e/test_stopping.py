"""SIGTERM while work is under way: nothing new is taken, what was begun is finished, the lease given back."""

import asyncio
import os
import signal

from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from tests.e2e.client import Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import until

COUNT = "n = 0\nfor i in range(4_000_000):\n    n += 1\nn"


async def executor_of(store: Store, run_id: str) -> str:
    """The executor that ran a run's only message, or has claimed it."""
    run = (await Runs(store).load([run_id]))[run_id]
    kept = {**run.results, **{each.id: each for each in await NodeRuns(store).of_run(run_id)}}
    [node_run] = kept.values()
    assert node_run.executor
    return node_run.executor


async def told_to_stop(weft: Weft, service: str) -> int:
    """The process that was that service, once it has begun to stop."""
    pid, log = weft.pid(service), weft.home / "log" / f"{service}.log"
    begun = log.stat().st_size
    os.kill(pid, signal.SIGTERM)
    await until(lambda: b"service.stopping" in log.read_bytes()[begun:])
    return pid


async def test_a_runner_finishes_what_it_has_begun(weft: Weft, system_store: Store) -> None:
    run_id = await weft.start(graph([node("count", "code.python", {"code": COUNT})]))
    await weft.until(run_id, "node.started")
    stopped = await told_to_stop(weft, "runner")
    later = await weft.start(graph([node("only")]))
    run = await weft.end(run_id)
    assert (run["status"], run["output"]) == ("succeeded", {"count": 4_000_000})
    assert (await weft.end(later))["status"] == "succeeded"
    first, second = await executor_of(system_store, run_id), await executor_of(system_store, later)
    assert first != second, "what came after SIGTERM was left to others"
    assert first not in await Executors(system_store).all()
    await weft.back("runner", stopped)


async def test_connectors_finish_the_call_under_way_and_give_their_lease_back(
    weft: Weft, target: Server, system_store: Store
) -> None:
    run_id = await weft.start(graph([http("call", target.url("/gate/stop"), "POST")]))
    await weft.until(run_id, "node.started")
    executor = await executor_of(system_store, run_id)
    stopped = await told_to_stop(weft, "connectors")
    later = await weft.start(graph([http("call", target.url("/echo"), "POST")]))
    assert executor in await Executors(system_store).all(), "it lives as long as it works"
    target.open("stop")
    run, after = await asyncio.gather(weft.end(run_id), weft.end(later))
    assert (run["status"], run["nodes"]["call"]["attempt"]) == ("succeeded", 1)
    assert after["status"] == "succeeded"
    assert sorted(target.paths) == ["/echo", "/gate/stop"]
    assert executor != await executor_of(system_store, later)
    assert executor not in await Executors(system_store).all()
    await weft.back("connectors", stopped)
