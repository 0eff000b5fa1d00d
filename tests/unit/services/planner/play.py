"""A run as tests play it: say what happened, ask what became of it."""

from typing import Any

from services.planner.decide import Fact, Woken, decide
from services.planner.readiness import sent_with
from services.planner.transitions import Decision
from shared.contracts.events import NodeStarted, RunControl, RunRequested
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Event, NodeState, Run
from shared.contracts.version import PinnedGraph, Version
from tests.builders import NOW, failed, finished, graph, run, succeeded, version


class Play:
    """Carries one run through facts, as a planner that is never interrupted would."""

    def __init__(self, of: Version, *, start: bool = True, **changes: Any) -> None:
        self.version = of
        self.graph = PinnedGraph.of(of)
        self.first: Run = run(version=of.id, **changes)
        self.run = self.first
        self.now = NOW
        self.last = Decision(self.run, False, {}, [], [], [])
        self.batches: list[tuple[int, list[Fact]]] = []
        self.decisions: list[Decision] = []
        if start:
            self.tell(RunRequested(run_id=self.run.id))

    def tell(self, *facts: Fact, after_ms: int = 0) -> Decision:
        """Decide on these facts, which arrive together `after_ms` later."""
        self.now += after_ms
        self.batches.append((self.now, list(facts)))
        self.last = decide(self.run, self.graph, facts, self.now)
        self.decisions.append(self.last)
        self.run = self.last.run
        return self.last

    def finish(self, node_id: str, port: str = "out") -> Decision:
        """The node succeeds, in its current attempt."""
        return self.tell(finished(succeeded(node_id, port, attempt=self.state(node_id).attempt, at=self.now)))

    def fail(self, node_id: str, code: str = "unavailable", **details: Any) -> Decision:
        """The node fails, in its current attempt."""
        attempt = self.state(node_id).attempt
        return self.tell(finished(failed(node_id, code, attempt=attempt, at=self.now, **details)))

    def answer(self, *results: NodeResult) -> Decision:
        """These results arrive in one message; the first one's node is the head."""
        return self.tell(finished(*results))

    def begin(self, node_id: str) -> Decision:
        """The executor says that it has been at this node for a while."""
        attempt = self.state(node_id).attempt
        return self.tell(NodeStarted(
            run_id=self.run.id, node=node_id, attempt=attempt, executor="executor_1", at=self.now
        ))  # fmt: skip

    def cancel(self, reason: str = "") -> Decision:
        """The owner cancels the run."""
        return self.tell(RunControl(run_id=self.run.id, action="cancel", reason=reason))

    def empty_outbox(self) -> None:
        """The outbox has been recorded: the next save drops it."""
        self.run = self.run.model_copy(update={"outbox": {}})

    def wake(self, *claimed: str, after_ms: int | None = None) -> Decision:
        """The clock wakes the run when it is due (or after that long)."""
        wait = (self.run.wake_at or self.now) - self.now if after_ms is None else after_ms
        return self.tell(Woken(frozenset(claimed)), after_ms=wait)

    def wake_for(self, node_id: str, *claimed: str) -> Decision:
        """The clock wakes the run when this node is due."""
        due = self.state(node_id).wake_at
        assert due is not None, f"{node_id} waits for nothing"
        return self.wake(*claimed, after_ms=due - self.now)

    def state(self, node_id: str) -> NodeState:
        """What is known of a node."""
        return self.run.nodes.get(node_id, NodeState())

    def statuses(self) -> dict[str, str]:
        """Every node's status."""
        return {node_id: self.state(node_id).status for node_id in self.graph.nodes}

    def sent(self) -> list[list[str]]:
        """What the last decision wants published: the nodes of each message."""
        return [sent_with(self.graph, self.run.nodes, head) for head in self.last.sends]

    def recorded(self) -> list[str]:
        """What the last decision recorded, as `type` or `type node`."""
        before = self.decisions[-2].run.outbox if len(self.decisions) > 1 else {}
        return [_shown(event) for seq, event in self.run.outbox.items() if seq not in before]

    def all_recorded(self) -> list[str]:
        """All that was recorded of the run."""
        return [_shown(event) for event in self.run.outbox.values()]


def alone(*paths: str, **drawn: Any) -> Play:
    """A started run of this graph, in which every node has side effects that may be repeated: no chains."""
    of = graph(*paths, **drawn)
    return Play(version(of, side_effects={node.id: "repeatable" for node in of.nodes}))


def _shown(event: Event) -> str:
    return f"{event.type} {event.node}" if event.node else event.type
