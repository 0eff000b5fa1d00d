"""Parents and children among runs: they share a partition, so that what one is told of the other never leaves
this planner. A crash in between is made good when the parent is woken."""

from collections.abc import Iterable

from services.planner.children import ChildBegun, ChildFinished
from services.planner.decide import Fact
from services.planner.facts import answer_of
from services.planner.gathering import Gathering
from services.planner.heard import Groups, Heard
from services.planner.spawning import Spawning
from services.planner.transitions import Decision, Spawn
from shared.contracts.directive import SpawnRuns
from shared.contracts.events import RunControl
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms


class Family:
    """Begins child runs, and tells parents and children of each other."""

    def __init__(self, spawning: Spawning, gathering: Gathering) -> None:
        self._spawning = spawning
        self.gathering = gathering

    async def begin(
        self, run: Run, graph: PinnedGraph, spawn: Spawn, told: Groups
    ) -> tuple[list[Run], PinnedGraph | None]:
        """The child runs to store for a spawn, with their graph. `told` grows by what their parent hears of
        those that cannot begin, and of those it does not wait for."""
        born = await self._spawning.children(run, graph, spawn, now_ms())
        for each in born.refused:
            _tell(told, run.id, each, run.traceparent)
        if born.runs and not _waits(run, spawn.node):
            _tell(told, run.id, ChildBegun(spawn.node, spawn.attempt, born.runs[0].id), run.traceparent)
        return born.runs, born.graph

    def tell(self, told: Groups, decided: Iterable[tuple[Decision, str]]) -> None:
        """Add what others must hear of these decisions, once they are saved."""
        for decision, trace in decided:
            run = decision.run
            for run_id, action in decision.tells:
                _tell(told, run_id, RunControl(run_id=run_id, action=action, by="parent"), trace)
            if run.parent_id and run.parent_node and run.status in RUN_FINISHED:
                fact = answer_of(run, run.parent_node, run.key or "")
                self.gathering.remember(run.parent_id, fact)
                _tell(told, run.parent_id, fact, trace)


def _tell(told: Groups, run_id: str, fact: Fact | ChildFinished, trace: str) -> None:
    told.setdefault(run_id, []).append(Heard(fact, trace))


def _waits(run: Run, node_id: str) -> bool:
    suspended = run.nodes[node_id].suspended
    return suspended is None or not isinstance(suspended.directive, SpawnRuns) or suspended.directive.wait
