"""Parents and children among runs: they share a partition, so that what one is told of the other never leaves
this planner. A crash in between is made good when the parent is woken."""

from collections.abc import Awaitable, Callable, Sequence

from services.planner.children import ChildBegun, ChildFinished
from services.planner.decide import Fact, decide
from services.planner.facts import answer_of
from services.planner.gathering import Gathering
from services.planner.heard import Groups, Heard
from services.planner.keeping import Keeping
from services.planner.memory import Memory
from services.planner.slices import Slices, in_slices
from services.planner.spawning import Spawning
from services.planner.transitions import Spawn
from services.planner.work import Work
from shared.contracts.directive import SpawnRuns
from shared.contracts.events import NodeFinished, RunControl, RunRequested, SliceFinished
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms
from shared.storage.runs import Runs

Flush = Callable[[Sequence[Work]], Awaitable[list[Run]]]


class Offspring:
    """Begins child runs, takes their answers, and tells parents and children of each other."""

    def __init__(
        self,
        runs: Runs,
        memory: Memory,
        spawning: Spawning,
        keeping: Keeping,
        gathering: Gathering,
        slices: Slices,
    ) -> None:
        self._runs = runs
        self._memory = memory
        self._spawning = spawning
        self._keeping = keeping
        self._gathering = gathering
        self._slices = slices

    async def begin(self, works: Sequence[Work], flush: Flush, told: Groups) -> None:
        """Begin what these decisions, now saved, ask for. `told` grows by what parents hear of those that
        cannot begin, and of those that nobody waits for."""
        born: list[Work] = []
        for work in works:
            for spawn in work.decision.spawns:
                born += await self._begun(work.decision.run, work.graph, spawn, work.trace, told)
        await self._insert(born, flush)

    def tell(self, works: Sequence[Work], told: Groups) -> None:
        """Add what others must hear of these decisions, now saved."""
        for work in works:
            run = work.decision.run
            for run_id, action in work.decision.tells:
                control = RunControl(run_id=run_id, action=action, by="parent")
                _tell(told, run_id, control, work.trace)
            if run.parent_id and run.parent_node and run.status in RUN_FINISHED:
                _tell(told, run.parent_id, self._answer(run), work.trace)

    async def take(self, groups: Groups, flush: Flush) -> Groups:
        """The same, with each slice that has come back put into the answers of its child runs, which are
        stored now."""
        slices = {
            run_id: came
            for run_id, group in groups.items()
            if (came := [each for each in group if isinstance(each.message, SliceFinished)])
        }
        if not slices:
            return groups
        parents = await self._parents(slices)
        graphs = await self._memory.graphs({run.version for run in parents.values()})
        taken = dict(groups)
        for run_id, came in slices.items():
            taken[run_id] = [each for each in groups[run_id] if each not in came]
            run = parents.get(run_id)
            graph = graphs.get(run.version) if run else None
            if run is None or graph is None:
                continue
            for heard in came:
                facts = await self._answers(run, graph, heard, flush)
                taken[run_id] += [Heard(fact, heard.traceparent) for fact in facts]
        return {run_id: group for run_id, group in taken.items() if group}

    async def _parents(self, slices: Groups) -> dict[str, Run]:
        """The runs these slices are for; read anew where a remembered one does not wait for all of it."""
        parents = await self._memory.runs(slices, trust_messages=False)
        for run_id, came in slices.items():
            run = parents.get(run_id)
            if run and any(not _keys(each.message) <= self._awaited(run, each.message) for each in came):
                self._memory.forget(run_id)
        return await self._memory.runs(slices, trust_messages=False)

    async def _answers(self, run: Run, graph: PinnedGraph, heard: Heard, flush: Flush) -> list[ChildFinished]:
        message: SliceFinished = heard.message
        awaited = self._awaited(run, message)
        results = {each.key: each.results for each in message.answers if each.key in awaited}
        spawn = Spawn(message.node, message.attempt, message.field, list(results))
        born = await self._spawning.children(run, graph, spawn, now_ms())
        works: list[Work] = []
        for child in born.runs if born.graph else ():
            assert born.graph is not None
            begun = _started(child, born.graph, heard.traceparent).decision.run
            answered = results[child.key or ""]
            fact = NodeFinished(
                run_id=child.id,
                workspace_id=child.workspace_id,
                head=answered[0].node,
                attempt=answered[0].attempt,
                executor=message.executor,
                results=answered,
            )
            decision = decide(begun, born.graph, [fact], now_ms())
            works.append(Work(begun, born.graph, [fact], decision, heard.traceparent))
        await self._keeping.store_results(works)
        await self._keeping.complete(works)
        there = await self._store(works, flush)
        for run_id in there:  # another answer was first: what has been put by of this one does not count
            self._keeping.forget(run_id)
        unanswered = [each for each in message.unanswered if each in awaited]
        if unanswered:
            again = Spawn(message.node, message.attempt, message.field, unanswered)
            await self._insert(await self._one_by_one(run, graph, again, heard.traceparent), flush)
        stored = await self._runs.load(list(there)) if there else {}
        finished = [stored.get(work.run.id, work.decision.run) for work in works]
        return [self._answer(each) for each in finished if each.status in RUN_FINISHED]

    async def _begun(
        self, run: Run, graph: PinnedGraph, spawn: Spawn, trace: str, told: Groups
    ) -> list[Work]:
        """The child runs to store for a spawn; none for those that go in slices."""
        born = await self._spawning.children(run, graph, spawn, now_ms())
        for each in born.refused:
            _tell(told, run.id, each, trace)
        if born.graph is None or not born.runs:
            return []
        if not _waits(run, spawn.node):
            _tell(told, run.id, ChildBegun(spawn.node, spawn.attempt, born.runs[0].id), trace)
        if in_slices(run, spawn, born.graph):
            first = _started(born.runs[0], born.graph, trace)
            await self._slices.send(run, spawn, born.runs, first)
            return []
        return [_started(child, born.graph, trace) for child in born.runs]

    async def _one_by_one(self, run: Run, graph: PinnedGraph, spawn: Spawn, trace: str) -> list[Work]:
        born = await self._spawning.children(run, graph, spawn, now_ms())
        return [_started(child, born.graph, trace) for child in born.runs if born.graph]

    async def _insert(self, born: Sequence[Work], flush: Flush) -> None:
        """Child runs that have been started: what they start with was decided before they are stored, which
        saves a write."""
        if born:
            await self._keeping.complete(born)
            await self._store(born, flush)

    async def _store(self, works: Sequence[Work], flush: Flush) -> set[str]:
        """The ids of those that were there before; what the others ask for is sent unless they have
        finished."""
        there = await self._runs.insert_many([work.decision.run for work in works])
        unfinished = [
            work
            for work in works
            if work.run.id not in there and work.decision.run.status not in RUN_FINISHED
        ]
        if unfinished:
            await flush(unfinished)
        return there

    def _awaited(self, run: Run, message: SliceFinished) -> frozenset[str]:
        """The keys that this node of this run still waits for."""
        state = run.nodes.get(message.node)
        if state is None or state.suspended is None or state.attempt != message.attempt:
            return frozenset()
        return frozenset(state.suspended.children.open if state.suspended.children else ())

    def _answer(self, run: Run) -> ChildFinished:
        fact = answer_of(run, run.parent_node or "", run.key or "")
        self._gathering.remember(run.parent_id or "", fact)
        return fact


def _started(child: Run, graph: PinnedGraph, trace: str) -> Work:
    asked: list[Fact] = [RunRequested(run_id=child.id)]
    return Work(child, graph, asked, decide(child, graph, asked, now_ms()), trace)


def _keys(message: SliceFinished) -> set[str]:
    return {*(each.key for each in message.answers), *message.unanswered}


def _tell(told: Groups, run_id: str, fact: Fact, trace: str) -> None:
    told.setdefault(run_id, []).append(Heard(fact, trace))


def _waits(run: Run, node_id: str) -> bool:
    suspended = run.nodes[node_id].suspended
    return suspended is None or not isinstance(suspended.directive, SpawnRuns) or suspended.directive.wait
