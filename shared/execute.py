"""From `node.ready` to `node.finished`: what every executor does around the node types it knows.

Nodes without side effects run while their delivery is unacknowledged: a crash brings it back. Others are
claimed first, acknowledged, and run in a detached task under this process's lease; their results are stored
before they are published."""

import asyncio
from collections.abc import Sequence

from shared.batcher import Batcher
from shared.contracts.events import NodeFinished, NodeReady, NodesCancelled, NodeStarted, SliceFinished
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.ids import now_ms
from shared.messaging.broker import Bus, Delivery
from shared.messaging.topology import LANES, planner_key
from shared.metrics import QUEUE_WAIT_SECONDS
from shared.patience import patiently
from shared.sliced import run_slice
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.telemetry import logger, span, traceparent
from shared.tree import TreeRunner

STARTED_AFTER_S = 0.1
BEAT_S = 5.0
CANCELLED_KEPT = 1_000


class Executor:
    """Takes work from its pool's queues. Of each lane at most `slots` claimed nodes run at once."""

    def __init__(
        self,
        executor_id: str,
        bus: Bus,
        node_runs: NodeRuns,
        executors: Executors,
        trees: TreeRunner,
        slots: int,
    ) -> None:
        self.id = executor_id
        self._bus = bus
        self._node_runs = node_runs
        self._executors = executors
        self._trees = trees
        self._slots = {lane: asyncio.Semaphore(slots) for lane in LANES}
        self._claims: Batcher[NodeRun, bool] = Batcher(self._claim_all)
        self._finishes: Batcher[NodeRun, bool] = Batcher(self._finish_all)
        self._starting: set[asyncio.Task[None]] = set()
        self._detached: dict[str, asyncio.Task[None]] = {}
        self._cancelled: dict[str, int] = {}
        self._held: set[str] = set()
        self._unwanted: set[str] = set()
        self._joined = asyncio.Event()

    async def on_ready(self, delivery: Delivery) -> None:
        """Execute one `node.ready`."""
        ready: NodeReady = delivery.message
        QUEUE_WAIT_SECONDS.labels(ready.pool, ready.lane).observe(max(0, now_ms() - ready.sent_at) / 1000)
        if ready.side_effects == "none":
            await self._run_unclaimed(ready, delivery.traceparent)
        else:
            await self._run_claimed(ready, delivery)

    async def on_cancelled(self, delivery: Delivery) -> None:
        """Stop nodes that nobody waits for any more."""
        message: NodesCancelled = delivery.message
        for node_id, attempt in message.nodes.items():
            self._cancelled[f"{message.run_id}:{node_id}"] = attempt
        while len(self._cancelled) > CANCELLED_KEPT:
            del self._cancelled[next(iter(self._cancelled))]
        for claim_id, detached in self._detached.items():
            if self._is_unwanted(claim_id):
                self._unwanted.add(claim_id)
                detached.cancel()

    async def beat(self) -> None:
        """Keep the lease until cancelled."""
        boot, count = now_ms(), 0
        while True:
            try:
                await self._executors.beat(self.id, boot, count)
                self._joined.set()
                count += 1
            except Exception as error:
                logger.warning("executor.beat_failed", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(BEAT_S)

    async def drain(self) -> None:
        """Wait for detached work."""
        while under_way := [*self._starting, *self._detached.values()]:
            await asyncio.wait(under_way)

    async def leave(self) -> None:
        """Give the lease back; only when nothing is under way and nothing beats any more. Never raises:
        without a store it runs out by itself."""
        try:
            await self._executors.leave(self.id)
        except Exception as error:
            logger.warning("executor.lease_kept", error=f"{type(error).__name__}: {error}"[:300])

    async def _run_unclaimed(self, ready: NodeReady, trace: str) -> None:
        with span(
            "executor.run", trace, run_id=ready.run_id, head=ready.nodes[0].node, nodes=len(ready.nodes)
        ):
            if ready.slice:
                await self._tell(await run_slice(ready, self._trees.run, self.id), trace)
            else:
                results = await self._run(ready, trace)
                await self._publish(ready, results, trace, stored=False)

    async def _run_claimed(self, ready: NodeReady, delivery: Delivery) -> None:
        await self._joined.wait()
        claim = NodeRun(
            id=node_run_id(ready.run_id, ready.nodes[0].node, ready.nodes[0].attempt),
            run_id=ready.run_id,
            workspace_id=ready.workspace_id,
            executor=self.id,
            open=True,
            created_at=now_ms(),
        )
        await self._slots[ready.lane].acquire()
        starting = asyncio.create_task(self._start(ready, claim, delivery))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        await asyncio.shield(starting)  # a lost connection cancels this handler, but not what it has begun

    async def _start(self, ready: NodeReady, claim: NodeRun, delivery: Delivery) -> None:
        """Claim, acknowledge, and begin. Once a claim has been asked for there is no way back: it may be
        stored, and whoever gets the message next would leave it to us."""
        slots = self._slots[ready.lane]
        if self._is_unwanted(claim.id):  # since it was queued here
            slots.release()
            return
        try:
            claimed = await patiently(lambda: self._claims.add(claim), "claim")
            if claimed:
                await delivery.ack()
        except BaseException:
            slots.release()
            self._held.discard(claim.id)
            raise
        if claimed:
            self._detached[claim.id] = asyncio.create_task(self._work(ready, claim, delivery.traceparent))
        else:
            slots.release()
            await self._again(ready, claim.id, delivery.traceparent)

    def _is_unwanted(self, claim_id: str) -> bool:
        """Whether this attempt has been cancelled: not by time, for the next one is often sent in the same
        moment, and clocks differ."""
        node, _, attempt = claim_id.rpartition(":")
        return int(attempt) <= self._cancelled.get(node, 0)

    async def _again(self, ready: NodeReady, claim_id: str, trace: str) -> None:
        """Somebody had this attempt before: when it is done, say so once more, for the message may be
        lost."""
        found = await patiently(lambda: self._node_runs.load([claim_id]), "answer")
        stored = found.get(claim_id)
        if stored and stored.results:
            await self._publish(ready, stored.results, trace, stored=True)

    async def _work(self, ready: NodeReady, claim: NodeRun, trace: str) -> None:
        try:
            with span("executor.run", trace, run_id=ready.run_id, head=ready.nodes[0].node, claimed=True):
                results = await self._run(ready, trace)
                finished = claim.model_copy(update={"results": results, "open": False})
                if await patiently(lambda: self._finishes.add(finished), "result"):
                    await self._publish(ready, results, trace, stored=True)
        except asyncio.CancelledError:
            if claim.id not in self._unwanted:
                raise  # this process is going down: the claim stays open, and its lease will tell
            logger.info("executor.cancelled", run_id=ready.run_id, node=ready.nodes[0].node)
            await self._node_runs.finish([claim.model_copy(update={"open": False})])
        except Exception:
            logger.exception("executor.unpublished", run_id=ready.run_id, node=ready.nodes[0].node)
        finally:
            self._slots[ready.lane].release()
            self._unwanted.discard(claim.id)
            self._held.discard(claim.id)
            self._detached.pop(claim.id, None)

    async def _run(self, ready: NodeReady, trace: str) -> list[NodeResult]:
        loop = asyncio.get_running_loop()
        sending: set[asyncio.Task[None]] = set()
        started_at = now_ms()

        def say_started() -> None:
            sending.add(loop.create_task(self._say_started(ready, started_at, traceparent(trace))))

        timer = loop.call_later(STARTED_AFTER_S, say_started)
        try:
            return await self._trees.run(ready)
        finally:
            timer.cancel()
            if sending:
                await asyncio.wait(sending)

    async def _say_started(self, ready: NodeReady, at: int, trace: str) -> None:
        head = ready.nodes[0]
        message = NodeStarted(
            run_id=ready.run_id, node=head.node, attempt=head.attempt, executor=self.id, at=at
        )
        try:
            await self._bus.publish(message, planner_key(NodeStarted.event, ready.run_id), trace=trace)
        except Exception as error:
            logger.warning("executor.started_unsent", run_id=ready.run_id, error=f"{error}"[:300])

    async def _publish(
        self, ready: NodeReady, results: Sequence[NodeResult], trace: str, *, stored: bool
    ) -> None:
        message = NodeFinished(
            run_id=ready.run_id,
            workspace_id=ready.workspace_id,
            head=ready.nodes[0].node,
            attempt=ready.nodes[0].attempt,
            executor=self.id,
            stored=stored,
            results=list(results),
        )
        await self._tell(message, trace)

    async def _tell(self, message: NodeFinished | SliceFinished, trace: str) -> None:
        key, trace = planner_key(message.event, message.run_id), traceparent(trace)
        await patiently(lambda: self._bus.publish(message, key, trace=trace), message.event)

    async def _claim_all(self, claims: list[NodeRun]) -> list[bool]:
        """One answer a claim. An insert of unknown outcome is tried again: a claim that is stored in this
        process's name, and that nothing here holds, is its own."""
        there = await self._node_runs.insert(claims)
        stored = await self._node_runs.load(list(there))
        ours: list[bool] = []
        for claim in claims:
            mine = claim.id not in there or (stored[claim.id].executor == self.id and stored[claim.id].open)
            ours.append(mine and claim.id not in self._held)
            if ours[-1]:
                self._held.add(claim.id)
        return ours

    async def _finish_all(self, finished: list[NodeRun]) -> list[bool]:
        if await self._node_runs.finish(finished):
            return [True] * len(finished)
        stored = await self._node_runs.load([each.id for each in finished])
        return [stored.get(each.id) == each for each in finished]
