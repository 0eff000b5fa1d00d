"""What is to be done about every run that has finished, before the planner leaves it be.

A run is shown to each hook at least once, whatever crashes; a hook has to take a run that it has seen before.
What raises is tried again when the run is woken."""

from collections.abc import Awaitable, Callable, Sequence

from shared.contracts.run import Run

Hook = Callable[[Sequence[Run]], Awaitable[None]]
"""Takes runs that have just finished, child runs as well; `results` are those not in `node_runs` yet."""


class Finishing:
    """The hooks, one after the other."""

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        self._hooks = hooks

    async def see(self, runs: Sequence[Run]) -> None:
        """Raises what a hook raises."""
        for hook in self._hooks:
            await hook(runs)
