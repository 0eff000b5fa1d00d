"""From messages to facts: what `decide` is told, with what the store knows about work in flight."""

from collections.abc import Mapping, Sequence

from services.planner.decide import Fact, Woken
from services.planner.lost import lost
from shared.contracts.events import NodeFinished, RunWoken
from shared.contracts.node_run import node_run_id
from shared.contracts.run import IN_FLIGHT, Run
from shared.ids import now_ms
from shared.messaging.broker import Delivery
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns


class Facts:
    """Gathers what has happened, by run."""

    def __init__(self, node_runs: NodeRuns, executors: Executors) -> None:
        self._node_runs = node_runs
        self._executors = executors

    async def gather(
        self, runs: Mapping[str, Run], groups: Mapping[str, Sequence[Delivery]]
    ) -> dict[str, list[Fact]]:
        """The facts of each run, in the order of its messages."""
        woken = {
            run_id: run
            for run_id, run in runs.items()
            if any(isinstance(delivery.message, RunWoken) for delivery in groups[run_id])
        }
        found = await self._of_woken(woken)
        facts: dict[str, list[Fact]] = {}
        for run_id, deliveries in groups.items():
            facts[run_id] = [each.message for each in deliveries if not isinstance(each.message, RunWoken)]
            facts[run_id] += found.get(run_id, [])
        return facts

    async def _of_woken(self, runs: Mapping[str, Run]) -> dict[str, list[Fact]]:
        """For each woken run: results whose message was lost, and which of its nodes an executor has
        claimed."""
        now = now_ms()
        due = {
            node_run_id(run.id, node_id, state.head_attempt): (run, node_id)
            for run in runs.values()
            for node_id, state in run.nodes.items()
            if state.status in IN_FLIGHT and state.wake_at is not None and state.wake_at <= now
        }
        stored = await self._node_runs.load(list(due))
        alive = await self._executors.all() if any(each.open for each in stored.values()) else {}
        facts: dict[str, list[Fact]] = {run_id: [] for run_id in runs}
        claimed: dict[str, set[str]] = {run_id: set() for run_id in runs}
        for node_run in stored.values():
            run, head = due[node_run.id]
            if node_run.results:
                facts[run.id].append(
                    NodeFinished(
                        run_id=run.id,
                        workspace_id=run.workspace_id,
                        head=head,
                        attempt=run.nodes[head].head_attempt,
                        executor=node_run.executor or "",
                        stored=True,
                        results=node_run.results,
                    )
                )
            elif node_run.open and node_run.executor in alive:
                claimed[run.id].add(head)
            elif node_run.open:
                facts[run.id].append(lost(node_run, now))
        for run_id in runs:
            facts[run_id].append(Woken(frozenset(claimed[run_id])))
        return facts
