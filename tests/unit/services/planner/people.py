"""The people of the random world: they control runs whenever they like, and look after what waits for
them."""

from collections.abc import Mapping

from shared.contracts.directive import AwaitDecision, AwaitSignal
from shared.contracts.events import RunControl
from shared.contracts.run import RUN_FINISHED, NodeState, Run
from shared.contracts.value import inline
from shared.contracts.version import PinnedGraph
from tests.unit.services.planner.answers import REVIEW
from tests.unit.services.planner.luck import Luck

OF_RUNS = ("pause", "resume", "pause", "resume", "cancel")
OF_NODES = ("retry", "retry", "skip", "decide", "signal")
FITTING = {"retry": ("failed", "ready", "running"), "decide": ("suspended",)}
ROOT = "run_1"


class People:
    """Whoever has a say in a run and its child runs. They pause and resume only the run they started."""

    def __init__(self, luck: Luck, runs: Mapping[str, Run], graphs: Mapping[str, PinnedGraph]) -> None:
        self._luck = luck
        self._runs = runs
        self._graphs = graphs
        self._left = luck.trouble.controls
        self._count = 0

    def interfere(self, rounds: int) -> None:
        """Perhaps ask for something."""
        if rounds == self._luck.trouble.cancel_after:
            self._ask(ROOT, "cancel")
        if self._left <= 0 or self._luck.chance.random() > 0.3:
            return
        self._left -= 1
        pick = self._luck.chance.choice
        run = self._runs[pick([ROOT, *self._runs])]
        if pick([True, False, False]):
            action = pick(OF_RUNS)
            self._ask(run.id if action == "cancel" else ROOT, action)
            return
        action = pick(OF_NODES)
        fitting = [each for each, state in run.nodes.items() if state.status in FITTING.get(action, ())]
        node_id = pick(fitting or list(self._graphs[run.id].nodes))
        state = run.nodes.get(node_id, NodeState())
        port = pick([*self._graphs[run.id].frozen[node_id].ports, "elsewhere"])
        self._ask(run.id, action, node_id, pick([state.attempt, None, state.attempt - 1]), port)

    def attend(self) -> None:
        """Nothing else happens: go on with what was paused, and answer what waits for an answer."""
        if self._runs[ROOT].status == "paused" and self._luck.chance.random() < 0.5:
            self._ask(ROOT, "resume")
        for run in list(self._runs.values()):
            for node_id, state in run.nodes.items() if run.status not in RUN_FINISHED else ():
                asked = state.suspended.directive if state.suspended else None
                if state.status != "suspended" or self._luck.plain or self._luck.chance.random() < 0.5:
                    continue
                if isinstance(asked, AwaitDecision):
                    self._ask(run.id, "decide", node_id, state.attempt, self._luck.chance.choice(REVIEW))
                elif isinstance(asked, AwaitSignal):
                    self._ask(run.id, "signal", node_id)

    def _ask(
        self, run_id: str, action: str, node: str | None = None, attempt: int | None = None, port: str = ""
    ) -> None:
        self._count += 1
        self._luck.post(run_id, RunControl.model_validate({
            "run_id": run_id, "id": f"ctl_{self._count}", "action": action, "node": node, "attempt": attempt,
            "port": port or None, "output": inline("1"), "by": "somebody",
        }))  # fmt: skip
