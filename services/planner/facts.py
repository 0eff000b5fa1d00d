"""From messages to facts: what `decide` is told, with what the store knows about work in flight."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.children import ChildFinished
from services.planner.decide import Fact, Woken
from services.planner.door import Door
from services.planner.gate import Gate
from services.planner.heard import Heard
from services.planner.lost import lost, unheard
from services.planner.repeats import Repeats
from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished, RunRequested, RunWoken
from shared.contracts.node_run import NodeRun, node_run_id
from shared.contracts.run import RUN_FINISHED, Run, child_id
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs


class Facts:
    """Gathers what has happened, by run."""

    def __init__(
        self,
        runs: Runs,
        node_runs: NodeRuns,
        executors: Executors,
        door: Door,
        gate: Gate,
        repeats: Repeats,
    ) -> None:
        self._runs = runs
        self._node_runs = node_runs
        self._executors = executors
        self._door = door
        self._gate = gate
        self._repeats = repeats

    async def gather(
        self,
        runs: Mapping[str, Run],
        graphs: Mapping[str, PinnedGraph],
        groups: Mapping[str, Sequence[Heard]],
    ) -> dict[str, list[Fact]]:
        """The facts of each run, in the order of its messages."""
        woken = {
            run_id: run
            for run_id, run in runs.items()
            if any(isinstance(each.message, RunWoken) for each in groups[run_id])
        }
        held = self._gate.hold(runs.values(), graphs, woken)
        found = await self._of_woken({each: run for each, run in woken.items() if each not in held}, graphs)
        admissions = await self._door.admit([run for run in runs.values() if run.id not in held], graphs)
        facts: dict[str, list[Fact]] = {}
        for run_id, group in groups.items():
            heard = await self._repeats.without(runs[run_id], group) if run_id in runs else group
            begins = RunWoken if run_id not in held else RunWoken | RunRequested
            facts[run_id] = [each.message for each in heard if not isinstance(each.message, begins)]
            facts[run_id] += held.get(run_id, [])
            facts[run_id] += [admissions[run_id]] if run_id in admissions else []
            facts[run_id] += found.get(run_id, [])
        return facts

    async def _of_woken(
        self, runs: Mapping[str, Run], graphs: Mapping[str, PinnedGraph]
    ) -> dict[str, list[Fact]]:
        """For each woken run: results whose message was lost, and which of its nodes an executor has
        claimed."""
        now = now_ms()
        due = _in_flight(runs.values(), now)
        stored = await self._node_runs.load(list(due))
        alive = await self._executors.all() if any(each.open for each in stored.values()) else {}
        facts: dict[str, list[Fact]] = {run_id: [] for run_id in runs}
        claimed: dict[str, set[str]] = {run_id: set() for run_id in runs}
        for node_run in stored.values():
            run, head = due[node_run.id]
            if node_run.results:
                facts[run.id].append(told_again(run, head, node_run))
            elif node_run.open and node_run.executor in alive:
                claimed[run.id].add(head)
            elif node_run.open:
                facts[run.id].append(lost(node_run, now))
        for mark, (run, head) in due.items():
            if mark not in stored and run.version in graphs:
                facts[run.id] += unheard(run, graphs[run.version], head, now)
        begun = await self._children(runs.values(), facts, now)
        for run_id in runs:
            facts[run_id].append(Woken(frozenset(claimed[run_id]), begun, now))
        return facts

    async def _children(
        self, runs: Iterable[Run], facts: dict[str, list[Fact]], now: Millis
    ) -> frozenset[str]:
        """The child runs that there are; those that have finished are told of, in case nobody did."""
        due = {
            child_id(run.id, node_id, key): (run, node_id, key)
            for run in runs
            for node_id, state in run.nodes.items()
            if state.suspended and state.suspended.children and (state.wake_at or now) <= now
            for key in state.suspended.children.open
        }
        found = await self._runs.load(list(due)) if due else {}
        for child in found.values():
            run, node_id, key = due[child.id]
            if child.status in RUN_FINISHED:
                facts[run.id].append(answer_of(child, node_id, key))
        return frozenset(found)


def _in_flight(runs: Iterable[Run], now: Millis) -> dict[str, tuple[Run, str]]:
    """The messages that executors have begun, or should have by now, by the id of their results."""
    return {
        node_run_id(run.id, node_id, state.head_attempt): (run, node_id)
        for run in runs
        for node_id, state in run.nodes.items()
        if state.status == "running"
        or (state.status == "ready" and state.wake_at is not None and state.wake_at <= now)
    }


def told_again(run: Run, head: str, stored: NodeRun) -> NodeFinished:
    """What an executor has stored, and may have said in vain."""
    return NodeFinished(
        run_id=run.id,
        workspace_id=run.workspace_id,
        head=head,
        attempt=run.nodes[head].head_attempt,
        executor=stored.executor or "",
        stored=True,
        results=stored.results,
    )


def answer_of(child: Run, node_id: str, key: str) -> ChildFinished:
    """What its parent is told of a child run that has finished."""
    return ChildFinished(
        node_id,
        child.parent_attempt,
        key,
        child.status,
        output=child.output,
        failure=child.failure,
        usage=child.usage,
    )
