"""What has been decided, made ready to be saved: outputs before state."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from services.planner.children import Ungatherable
from services.planner.decide import decide
from services.planner.gathering import Gathering
from services.planner.results import Results
from services.planner.too_large import OutputTooLarge
from services.planner.work import Work, mark_of, messages_of
from shared.contracts.run import RUN_FINISHED, Run
from shared.ids import now_ms

LOOK_MS = 30_000
"""How often a node that runs is looked after: the message that it has finished may be lost, while its result
is in the store."""


class Keeping:
    """Stores results, and puts into runs what is known only with them."""

    def __init__(self, planner_id: str, results: Results, gathering: Gathering) -> None:
        self._id = planner_id
        self._saves = count(1)
        self._results = results
        self._gathering = gathering

    async def store_results(self, works: Sequence[Work]) -> None:
        """Output before state. Where another executor's results were stored first, those are what is decided
        on."""
        await self._gather(works)
        answers = [(work.run, work.decision, work.graph, messages_of(work.facts)) for work in works]
        storing = await self._results.store(answers)
        for work in works:
            if winners := storing.replaced.get(work.run.id):
                others = [fact for fact in work.facts if mark_of(fact) not in winners]
                work.facts = [*winners.values(), *others]
                work.decision = decide(work.run, work.graph, work.facts, now_ms())
                await self._gather([work])
            if attached := storing.attached.get(work.run.id):
                run = work.decision.run
                run = run.model_copy(update={"results": {**run.results, **attached}})
                work.decision = replace(work.decision, run=run)
            self._results.remember(work.decision)

    def forget(self, run_id: str) -> None:
        """What was decided has not come to be stored."""
        self._results.forget(run_id)

    async def complete(self, works: Sequence[Work]) -> None:
        """The run's output where it has succeeded, its next `rev`, and who writes it: each save has a mark of
        its own, for one that seemed to fail may be applied after the next was decided on."""
        for work in works:
            run = work.decision.run
            changes: dict[str, object] = {}
            if "succeeded" in work.decision.entered:
                try:
                    changes["output"] = await self._results.output(run, work.graph)
                except OutputTooLarge as error:
                    run = self._failed(work, error)
            changes |= {"rev": run.rev + 1, "writer": f"{self._id}:{next(self._saves)}"}
            if run.status in RUN_FINISHED:
                self._results.forget(run.id)
            elif any(state.status == "running" for state in run.nodes.values()):
                look_at = now_ms() + LOOK_MS
                changes["wake_at"] = min(run.wake_at or look_at, look_at)
            work.decision = replace(work.decision, run=run.model_copy(update=changes))

    def _failed(self, work: Work, error: OutputTooLarge) -> Run:
        """The run decided anew, since it has nothing to answer with. What has been stored of it stays."""
        results = work.decision.run.results
        work.facts = [Ungatherable("", error.failure), *work.facts]
        work.decision = decide(work.run, work.graph, work.facts, now_ms())
        return work.decision.run.model_copy(update={"results": results})

    async def _gather(self, works: Sequence[Work]) -> None:
        """The outputs of containers whose children have all finished."""
        for work in works:
            for node_id in work.decision.gathers:
                try:
                    output = await self._gathering.output(work.run, node_id)
                except OutputTooLarge as error:
                    work.facts = [Ungatherable(node_id, error.failure), *work.facts]
                    work.decision = decide(work.run, work.graph, work.facts, now_ms())
                    break
                work.decision.answer(node_id, output)
