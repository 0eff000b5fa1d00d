"""Load, decide, save, tell: a planner on a real broker and store, and what it makes of others' writes."""

import asyncio
from collections.abc import Awaitable, Callable

import aio_pika
import pytest

from services.planner.keeping import LOOK_MS
from shared.contracts.events import Message, NodeReady, NodeStarted, RunRequested, RunWoken
from shared.contracts.node_run import NodeRun
from shared.contracts.run import Run
from shared.ids import now_ms
from shared.messaging.topology import DEAD_QUEUE, planner_key
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from tests.builders import finished, run, succeeded
from tests.integration.services.frame import Peer
from tests.waiting import LOOK_EVERY_S

Work = Callable[[], Awaitable[NodeReady]]
WHOLE = ["run.started", "node.ready", "node.succeeded", "node.ready", "node.succeeded", "run.succeeded"]


async def tell(peer: Peer, message: Message, run_id: str = "run_1") -> None:
    await peer.bus.publish(message, planner_key(message.event, run_id))


async def ended(store: Store, run_id: str = "run_1") -> tuple[Run, list[str]]:
    """The run and the types of its events, numbered without a gap."""
    events = await RunEvents(store).after(run_id, 0)
    assert [*events] == [*range(1, len(events) + 1)]
    return (await Runs(store).load([run_id]))[run_id], [each.type for each in events.values()]


@pytest.mark.usefixtures("planning")
async def test_a_run_goes_from_node_to_node_and_ends(
    store: Store, executor: Peer, work: Work, planning: Service
) -> None:
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    await tell(executor, RunRequested(run_id="run_1", run=fresh))
    assert [each.node for each in (await work()).nodes] == ["a"]
    await tell(executor, finished(succeeded("a", output=1)))
    assert [each.node for each in (await work()).nodes] == ["b"]
    await tell(executor, finished(succeeded("b", output=2)))
    await _drained(planning)
    saved, types = await ended(store)
    assert (saved.status, types) == ("succeeded", WHOLE)
    assert saved.output
    assert saved.output.json_text == '{"b":2}'
    assert set(await NodeRuns(store).load(["run_1:a:1", "run_1:b:1"])) == {"run_1:a:1", "run_1:b:1"}


async def test_another_planners_save_is_met_and_decided_on_again(
    store: Store, executor: Peer, work: Work, planning: Service
) -> None:
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    await tell(executor, RunRequested(run_id="run_1", run=fresh))
    await work()
    stored = (await Runs(store).load(["run_1"]))["run_1"]
    other = stored.model_copy(update={"rev": stored.rev + 1, "writer": "another", "cancel_reason": "theirs"})
    assert await Runs(store).save([other]) == {"run_1"}
    await tell(executor, finished(succeeded("a", output=1)))
    await work()
    await tell(executor, finished(succeeded("b", output=2)))
    await _drained(planning)
    saved, types = await ended(store)
    assert (saved.cancel_reason, types) == ("theirs", WHOLE), (
        "nothing of theirs is lost, nothing happens twice"
    )


async def test_what_a_planner_left_behind_is_told_by_the_next(
    store: Store, executor: Peer, work: Work, planning: Service
) -> None:
    """It died after it had saved, and after it had recorded the first of the events."""
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    await tell(executor, RunRequested(run_id="run_1", run=fresh))
    await work()
    stored = (await Runs(store).load(["run_1"]))["run_1"]
    left = stored.model_copy(update={"id": "run_2", "rev": 0})
    assert [each.type for each in left.outbox.values()] == ["run.started", "node.ready"]
    await Runs(store).insert(left)
    await RunEvents(store).insert([("run_2", {"1": left.outbox["1"]})])
    await tell(executor, RunWoken(run_id="run_2"), "run_2")
    again = await work()
    assert (again.run_id, [each.node for each in again.nodes]) == ("run_2", ["a"])
    await tell(executor, finished(succeeded("a", output=1), run_id="run_2"), "run_2")
    await work()
    await tell(executor, finished(succeeded("b", output=2), run_id="run_2"), "run_2")
    await _drained(planning)
    saved, types = await ended(store, "run_2")
    assert (saved.status, types) == ("succeeded", WHOLE)


async def test_an_answer_that_was_lost_is_found_in_the_store(
    store: Store, executor: Peer, work: Work, planning: Service
) -> None:
    """A broker that lost its queues has lost it; nobody waits until the node's time is over."""
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    await tell(executor, RunRequested(run_id="run_1", run=fresh))
    await work()
    began = now_ms()
    await tell(executor, NodeStarted(run_id="run_1", node="a", attempt=1, executor="x", at=began))
    saved = await _running(store)
    assert saved.wake_at
    assert saved.wake_at <= now_ms() + LOOK_MS, "it is looked after long before its time is over"
    answered = finished(succeeded("a", output=1))
    kept = {"id": "run_1:a:1", "run_id": "run_1", "workspace_id": "default", "created_at": began}
    await NodeRuns(store).insert([NodeRun.model_validate({**kept, "results": answered.results})])
    await tell(executor, RunWoken(run_id="run_1"))
    assert [each.node for each in (await work()).nodes] == ["b"]
    await _drained(planning)


async def test_a_message_for_no_run_goes_to_the_dead_letters_and_holds_up_nobody(
    store: Store, executor: Peer, work: Work, planning: Service, amqp_url: str
) -> None:
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    async with await aio_pika.connect(amqp_url) as connection:
        dead = await (await connection.channel()).get_queue(DEAD_QUEUE)
        await dead.purge()
        await executor.bus.publish(RunWoken(run_id="run_none"), planner_key("run.woken", "run_1"))
        await tell(executor, RunRequested(run_id="run_1", run=fresh))
        assert (await work()).run_id == "run_1"
        async with dead.iterator(timeout=20) as letters:
            letter = await anext(letters)
            await letter.ack()
    assert b"run_none" in letter.body


async def _running(store: Store) -> Run:
    """The run, once it is stored that its first node has begun."""
    async with asyncio.timeout(60):
        while True:
            saved = (await Runs(store).load(["run_1"]))["run_1"]
            if saved.nodes["a"].status == "running":
                return saved
            await asyncio.sleep(LOOK_EVERY_S)


async def _drained(planning: Service) -> None:
    """Stop it as SIGTERM does: what it has taken is done then."""
    await planning.bus.stop_consuming()
    for drain in planning.drain:
        await drain()
