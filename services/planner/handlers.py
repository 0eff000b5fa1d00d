"""Load, decide, save: the planner's one handler, in batches.

An idle planner handles one message at once; a busy one takes all that queued up meanwhile, groups them by run
and writes once for all. A message is acknowledged when what it led to is saved and flushed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.planner.decide import Woken, decide
from services.planner.door import Door
from services.planner.facts import Facts
from services.planner.finishing import Finishing
from services.planner.gate import Gate
from services.planner.heard import Groups, Heard
from services.planner.keeping import Keeping
from services.planner.memory import Memory
from services.planner.offspring import Offspring
from services.planner.outbox import Outbox, unsent
from services.planner.results import Results
from services.planner.saved import Saved
from services.planner.transitions import Decision
from services.planner.work import Carried, Work
from shared.batcher import Batcher
from shared.contracts.events import RunRequested
from shared.contracts.run import RUN_FINISHED, Run
from shared.ids import now_ms
from shared.messaging.broker import Delivery, Poison
from shared.metrics import BATCH_EVENTS, CONFLICTS, RUNS
from shared.patience import LONGEST_WAIT_S, heed_cancel, is_away
from shared.storage.runs import Runs
from shared.telemetry import is_sampled, logger, span, traceparent

BATCH = 200
AT_A_TIME = 16
"""Finished runs are recorded so many in one write: more would hold up the store for those that go on."""


class Planner:
    """The shell around `decide`."""

    def __init__(
        self,
        planner_id: str,
        runs: Runs,
        memory: Memory,
        facts: Facts,
        results: Results,
        outbox: Outbox,
        keeping: Keeping,
        offspring: Offspring,
        door: Door,
        gate: Gate,
        finishing: Finishing,
    ) -> None:
        self._id = planner_id
        self._runs = runs
        self._memory = memory
        self._facts = facts
        self._results = results
        self._outbox = outbox
        self._keeping = keeping
        self._offspring = offspring
        self._door = door
        self._gate = gate
        self._finishing = finishing
        self._finished: list[Run] = []
        self._batcher: Batcher[Delivery, None] = Batcher(self._process, limit=BATCH)

    async def on_message(self, delivery: Delivery) -> None:
        """Any planner event; returns when it is safe to acknowledge it. Raises Poison for an unknown run."""
        await self._batcher.add(delivery)

    async def drain(self) -> None:
        """Finish the batch under way."""
        await self._batcher.drain()
        await self._tidy_now(self.tidy)

    def gained(self, partition: int) -> None:
        """This planner sees to this partition from now on."""
        self._gate.gained(partition)

    def left(self, partition: int) -> None:
        """Another planner sees to this partition from now on."""
        self._gate.left(partition)
        for run_id in self._memory.forget_partition(partition):
            self._results.forget(run_id)

    async def _process(self, deliveries: list[Delivery]) -> Sequence[BaseException | None]:
        BATCH_EVENTS.observe(len(deliveries))
        groups: Groups = {}
        for delivery in deliveries:
            heard = Heard(delivery.message, delivery.traceparent, delivery.redelivered)
            groups.setdefault(delivery.message.run_id, []).append(heard)
        carried = Carried()
        self._gate.heard(delivery.message for delivery in deliveries)
        await self._carry(groups, carried)
        failed = [carried.failed.get(delivery.message.run_id) for delivery in deliveries]
        while called := (carried.told or _called(self._gate.called())):
            carried.told = {}
            await self._carry(called, carried)
        self._gate.settle()
        if carried.finished:
            await self._door.leave_now(carried.finished)
        self._finished += carried.finished
        if len(self._finished) >= BATCH:
            await self._tidy_now(self._tidy_some)
        return failed

    async def _carry(self, groups: Groups, carried: Carried) -> None:
        """Round after round until every run is carried; one that cannot be stored harms no other."""
        wait_s, fresh = 0.1, True
        while groups:
            try:
                groups = await self._round(groups, carried, fresh=fresh)
            except Exception as error:
                for run_id in groups:
                    self._forget(run_id)
                if not is_away(error):
                    await self._apart(groups, carried, error)
                    return
                heed_cancel()
                said = f"{type(error).__name__}: {error}"[:300]
                logger.warning("planner.waiting", error=said, runs=len(groups))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            fresh = False

    async def _apart(self, groups: Groups, carried: Carried, error: Exception) -> None:
        if len(groups) == 1:
            logger.error("planner.run_unstorable", run_id=next(iter(groups)), exc_info=error)
            carried.failed.update(dict.fromkeys(groups, error))
            return
        for run_id, heard in groups.items():
            await self._carry({run_id: heard}, carried)

    async def _round(self, groups: Groups, carried: Carried, *, fresh: bool) -> Groups:
        """Carry each run as far as its messages take it; what has to be decided again because of another
        writer."""
        heard = await self._offspring.take(groups, self._flush)
        works = await self._load(heard, carried.failed, fresh=fresh)
        works = [work for work in works if self._decide(work, carried.failed)]
        outdated = await self._outdated(works)
        works = [work for work in works if work.run.id not in outdated]
        await self._keeping.store_results(works)
        conflicts = await self._save([work for work in works if work.decision.changed])
        saved = [work for work in works if work.run.id not in conflicts]
        carried.finished += await self._flush(saved)
        await self._offspring.begin(saved, self._flush, carried.told)
        self._offspring.tell(saved, carried.told)
        if conflicts:
            CONFLICTS.inc(len(conflicts))
        return {run_id: groups[run_id] for run_id in conflicts | outdated}

    async def _load(self, groups: Groups, failed: dict[str, BaseException], *, fresh: bool) -> list[Work]:
        runs = await self._memory.runs(groups, trust_messages=fresh)
        graphs = await self._memory.graphs({run.version for run in runs.values()})
        facts = await self._facts.gather(runs, graphs, groups)
        works: list[Work] = []
        for run_id, heard in groups.items():
            run = runs.get(run_id)
            graph = graphs.get(run.version) if run else None
            if run is None or graph is None:
                what = f"version {run.version}" if run else "run"
                failed[run_id] = Poison(f"{run_id}: there is no such {what}")
                continue
            if not facts[run_id]:  # its turn has not come
                self._memory.forget(run_id)
                continue
            remembered = self._memory.remembers(run_id)
            works.append(Work(run, graph, facts[run_id], Decision(run), _trace(run, heard), remembered))
        return works

    def _decide(self, work: Work, failed: dict[str, BaseException]) -> bool:
        try:
            with span("planner.decide", work.trace, run_id=work.run.id, facts=len(work.facts)):
                work.trace = traceparent(work.trace)
                work.decision = decide(work.run, work.graph, work.facts, now_ms())
        except Exception as error:
            logger.exception("planner.decide_failed", run_id=work.run.id)
            failed[work.run.id] = error
            return False
        return True

    async def _outdated(self, works: Sequence[Work]) -> set[str]:
        """Remembered runs that another planner has carried on. Where nothing was decided, no save tells; yet
        what means nothing to a run as it was must not be acknowledged before the run as it is has heard."""
        idle = [
            work.run
            for work in works
            if work.remembered and not work.decision.changed and work.run.status not in RUN_FINISHED
        ]
        outdated = {run.id for run in idle} - await self._runs.saved(idle) if idle else set[str]()
        for run_id in outdated:
            self._forget(run_id)
        return outdated

    def _forget(self, run_id: str) -> None:
        """Read all of it anew: what was to be saved was not, or somebody else has saved something."""
        self._memory.forget(run_id)
        self._results.forget(run_id)

    async def _save(self, works: Sequence[Work]) -> set[str]:
        if not works:
            return set()
        await self._keeping.complete(works)
        saved = await self._runs.save([work.decision.run for work in works])
        for work in works:
            run = work.decision.run
            if run.id not in saved:
                self._forget(run.id)
                continue
            for status in work.decision.entered:
                RUNS.labels(status).inc()
        return {work.run.id for work in works} - saved

    async def _flush(self, works: Sequence[Work]) -> list[Run]:
        """Tell what was saved; only then are the entries dropped, with the next save. The runs that have
        finished and are still to be recorded."""
        now = now_ms()
        finished: list[Run] = []
        saves: list[Saved] = []
        for work in works:
            sent = self._memory.sent(work.run.id)
            sends = unsent(work.run, work.decision, sent)
            saves.append(Saved(work.decision.run, work.graph, sends, work.decision.cancels, work.trace, sent))
        self._gate.sent(saves, now)
        for work, run in zip(works, await self._outbox.flush(saves, now), strict=True):
            self._memory.keep(run)
            if run.status not in RUN_FINISHED:
                continue
            if run.wake_at is None:
                self._forget(run.id)
            elif work.decision.changed or any(isinstance(fact, Woken) for fact in work.facts):
                finished.append(run)  # its children have been told, or are now; a late message tells nobody
        return finished

    async def _tidy_now(self, tidy: Callable[[], Awaitable[None]]) -> None:
        """The same without waiting for its turn. Never raises: the messages of a batch have been carried."""
        try:
            await tidy()
        except Exception as error:
            logger.warning("planner.tidied_later", error=f"{type(error).__name__}: {error}"[:300])

    async def tidy(self) -> None:
        """Record runs that have finished and leave them be; nobody needs to wake them any more. What fails
        here is done again when they are woken."""
        while self._finished:
            await self._tidy_some()

    async def _tidy_some(self) -> None:
        runs, self._finished = self._finished[:AT_A_TIME], self._finished[AT_A_TIME:]
        await self._door.leave(runs)
        await self._finishing.see(runs)
        recorded = await self._outbox.record(runs)
        tidied = [
            run.model_copy(update={"rev": run.rev + 1, "writer": self._id, "wake_at": None})
            for run in recorded
        ]
        await self._runs.save(tidied)
        for run in tidied:
            self._forget(run.id)


def _called(run_ids: Sequence[str]) -> Groups:
    """Those whose turn has come are asked for once more."""
    return {run_id: [Heard(RunRequested(run_id=run_id), "")] for run_id in run_ids}


def _trace(run: Run, heard: Sequence[Heard]) -> str:
    """What has led to this decision. Messages from the clock belong to no trace: the run's goes on."""
    found = (each.traceparent for each in heard if is_sampled(each.traceparent))
    return next(found, run.traceparent or heard[0].traceparent)
