"""Leaves a fact of every run that has finished, for `folding.py` to add up."""

from collections.abc import Sequence

from services.planner.figures import fact_of
from services.planner.memory import Memory
from shared.contracts.run import Run
from shared.storage.run_facts import RunFacts


class Counting:
    """A hook of `Finishing`: the fact has the run's id, so that it does not matter how often it is left."""

    def __init__(self, memory: Memory, facts: RunFacts) -> None:
        self._memory = memory
        self._facts = facts

    async def see(self, runs: Sequence[Run]) -> None:
        """Child runs count with the run they belong to; dry runs do not count."""
        counted = [run for run in runs if run.level == "top" and not run.dry]
        graphs = await self._memory.graphs({run.version for run in counted})
        await self._facts.insert([fact_of(run, graphs.get(run.version)) for run in counted])
