"""Messages that come twice, and one that never came."""

from aio_pika.abc import AbstractChannel

from shared.ids import new_id, now_ms
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.e2e.client import Weft, graph, http, node, values
from tests.e2e.wire import listening
from tests.http_server import Server

KINDS = ("run.requested.#", "node.ready.#", "node.finished.#")


async def test_messages_that_come_twice_change_nothing(
    weft: Weft, target: Server, broker: AbstractChannel
) -> None:
    held = graph(
        [values("a", n=1), http("gate", target.url("/gate/twice"), "POST"), node("z")], "a > gate > z"
    )
    async with listening(broker, *KINDS) as wire:
        run_id = await weft.start(held)
        await weft.until(run_id, "node.started", node="gate")
        kinds = ["run.requested", "node.ready", "node.finished", "node.ready"]
        for message in await wire.of(run_id, kinds):
            await wire.again(message)
        # The copies stand in the same queues before what these two runs cause:
        await weft.run(graph([values("other", n=1), http("call", target.url("/echo"))], "other > call"))
        target.open("twice")
        run = await weft.end(run_id)
    assert run["status"] == "succeeded"
    assert target.paths.count("/gate/twice") == 1
    assert {state["attempt"] for state in run["nodes"].values()} == {1}
    told = [(each["type"], each.get("node")) for each in await weft.events(run_id)]
    assert len(told) == len(set(told)), "every transition is recorded once"


async def test_the_clock_takes_up_a_run_whose_request_was_lost(weft: Weft, system_store: Store) -> None:
    template = await weft.run(graph([values("a", n="{{ trigger.n }}"), node("z")], "a > z"), {"n": 7})
    runs = Runs(system_store)
    done = (await runs.load([template["id"]]))[template["id"]]
    lost = done.model_copy(update={
        "id": new_id("run"), "status": "queued", "rev": 0, "seq": 0, "nodes": {}, "outbox": {},
        "output": None, "started_at": None, "finished_at": None, "deadline_at": None, "wake_at": now_ms(),
    })  # fmt: skip
    assert await runs.insert(lost)
    run = await weft.end(lost.id)
    assert (run["status"], run["output"]) == ("succeeded", template["output"])
    types = [each["type"] for each in await weft.events(lost.id)]
    assert types == [each["type"] for each in await weft.events(template["id"])]
