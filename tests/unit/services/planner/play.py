"""A run as tests play it: say what happened, ask what became of it."""

from collections.abc import Collection
from typing import Any

from services.planner.children import ChildFinished
from services.planner.decide import Fact, Woken, decide
from services.planner.readiness import sent_with
from services.planner.transitions import Decision
from shared.contracts.directive import Directive
from shared.contracts.events import NodeStarted, RunControl, RunRequested
from shared.contracts.failure import failure
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Event, NodeState, Run
from shared.contracts.value import from_json, inline, to_json
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
        self.last = Decision(self.run)
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

    def ask(self, node_id: str, directive: Directive, **changes: Any) -> Decision:
        """The node answers with a directive, in its current attempt and turn."""
        state = self.state(node_id)
        return self.tell(finished(self.asking(node_id, directive, attempt=state.attempt, **changes)))

    def asking(self, node_id: str, directive: Directive, *, attempt: int = 1, **changes: Any) -> NodeResult:
        """A directive as a node's answer."""
        said = {"status": "suspended", "port": None, "output": None, "turn": self.state(node_id).turn}
        answered = succeeded(node_id, attempt=attempt, at=self.now)
        return answered.model_copy(update={**said, "directive": directive, **changes})

    def child(self, node_id: str, key: str, code: str | None = None, **changes: Any) -> Decision:
        """A child run of the node succeeds, or fails with that code."""
        return self.tell(self.answered(node_id, key, code, **changes))

    def answered(self, node_id: str, key: str, code: str | None = None, **changes: Any) -> ChildFinished:
        """What is told of a child run that has succeeded, or failed with that code at its node `inner`."""
        said = failure(code, f"inner answered {code}", node="inner") if code else None
        output = None if code else inline(to_json(f"output of {key}"))
        told = {"status": "failed" if code else "succeeded", "output": output, "failure": said, **changes}
        return ChildFinished(node_id, told.pop("attempt", self.state(node_id).attempt), key, **told)

    def control(self, action: str, node_id: str | None = None, *, after_ms: int = 0, **more: Any) -> Decision:
        """Ann controls the run or a node of it."""
        return self.tell(controlled(action, node_id, **more), after_ms=after_ms)

    def open(self, node_id: str) -> list[str]:
        """The keys of the node's child runs that have not finished."""
        suspended = self.state(node_id).suspended
        return suspended.children.open if suspended and suspended.children else []

    def spawned(self) -> list[tuple[str, str, list[str]]]:
        """What the last decision begins: node, body and keys."""
        return [(each.node, each.field, each.keys) for each in self.last.spawns]

    def result(self, node_id: str) -> NodeResult:
        """What the last decision keeps as the node's result."""
        return next(each for kept in self.last.results.values() for each in kept if each.node == node_id)

    def output(self, node_id: str) -> Any:
        """The output that the last decision keeps for the node."""
        value = self.result(node_id).output
        return from_json(value.json_text) if value and value.json_text is not None else None

    def cancel(self, reason: str = "") -> Decision:
        """The owner cancels the run."""
        return self.tell(RunControl(run_id=self.run.id, action="cancel", reason=reason))

    def empty_outbox(self) -> None:
        """The outbox has been recorded: the next save drops it."""
        self.run = self.run.model_copy(update={"outbox": {}})

    def wake(self, *claimed: str, after_ms: int | None = None, begun: Collection[str] = ()) -> Decision:
        """The clock wakes the run when it is due (or after that long); these child runs are there."""
        wait = (self.run.wake_at or self.now) - self.now if after_ms is None else after_ms
        return self.tell(Woken(frozenset(claimed), frozenset(begun)), after_ms=wait)

    def wake_for(self, node_id: str, *claimed: str, begun: Collection[str] = ()) -> Decision:
        """The clock wakes the run when this node is due."""
        due = self.state(node_id).wake_at
        assert due is not None, f"{node_id} waits for nothing"
        return self.wake(*claimed, after_ms=due - self.now, begun=begun)

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


def controlled(action: str, node_id: str | None = None, **more: Any) -> RunControl:
    """What Ann asks for."""
    said = {"run_id": "run_1", "id": "ctl_1", "action": action, "node": node_id, "by": "ann", **more}
    return RunControl.model_validate(said)


def alone(*paths: str, **drawn: Any) -> Play:
    """A started run of this graph, in which every node has side effects that may be repeated: no chains."""
    of = graph(*paths, **drawn)
    return Play(version(of, side_effects={node.id: "repeatable" for node in of.nodes}))


def _shown(event: Event) -> str:
    return f"{event.type} {event.node}" if event.node else event.type
