"""The transition table of nodes and runs, and the working copy of a run on which they are made. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from services.planner.readiness import UNTOUCHED
from shared.contracts.base import Millis
from shared.contracts.directive import SpawnRuns
from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeResult
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, RUN_FINISHED, Event, NodeState, Run, child_id
from shared.contracts.usage import Usage
from shared.contracts.value import Value

# event -> the statuses it may find, the status it leaves
NODE_TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "node.ready": (frozenset({"pending", "suspended"}), "ready"),
    "node.started": (frozenset({"ready"}), "running"),
    "node.suspended": (frozenset({"ready", "running"}), "suspended"),
    "node.succeeded": (frozenset({"ready", "running", "suspended"}), "succeeded"),
    "node.retrying": (frozenset({"ready", "running", "suspended", "failed"}), "pending"),
    "node.failed": (frozenset({"ready", "running", "suspended"}), "failed"),
    "node.skipped": (frozenset({"pending", "ready", "running", "suspended"}), "skipped"),
    "node.cancelled": (frozenset({"pending", "ready", "running", "suspended"}), "cancelled"),
    "node.reset": (frozenset({"ready", "running", "suspended", "succeeded", "failed", "skipped"}), "pending"),
}
RUN_TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "run.started": (frozenset({"queued"}), "running"),
    "run.paused": (frozenset({"running"}), "paused"),
    "run.resumed": (frozenset({"paused"}), "running"),
    "run.succeeded": (frozenset({"running"}), "succeeded"),
    "run.failed": (frozenset({"queued", "running", "paused"}), "failed"),
    "run.cancelled": (frozenset({"queued", "running", "paused"}), "cancelled"),
}
FLUSH_GRACE_MS = 10_000
PAUSED_MS = 900_000
FREE = Usage()
Tell = Literal["cancel", "pause", "resume"]


@dataclass(frozen=True)
class Spawn:
    """Child runs to begin for a node: `field` names its body, and is empty for another workflow."""

    node: str
    attempt: int
    field: str
    keys: list[str]


@dataclass(kw_only=True)
class Commands:
    """What is asked for. `results` are to be stored before the run is saved, by the head and attempt of the
    message that brought them; where a node is in `gathers`, its output is what its children have answered.
    `sends` lists the heads to publish, `cancels` the nodes an executor may stop with their attempts,
    `entered` the statuses that the run has come through, `spawns` the child runs to begin, `tells` the
    controls that child runs get, by run id."""

    results: dict[tuple[str, int], list[NodeResult]] = field(
        default_factory=dict[tuple[str, int], list[NodeResult]]
    )
    sends: list[str] = field(default_factory=list[str])
    cancels: dict[str, int] = field(default_factory=dict[str, int])
    entered: list[str] = field(default_factory=list[str])
    gathers: list[str] = field(default_factory=list[str])
    spawns: list[Spawn] = field(default_factory=list[Spawn])
    tells: list[tuple[str, Tell]] = field(default_factory=list[tuple[str, Tell]])


@dataclass
class Decision(Commands):
    """The run as decided, and what `decide` asks for; of a run that has not `changed` there is nothing to
    save."""

    run: Run
    changed: bool = False

    def answer(self, node_id: str, output: Value) -> None:
        """Put in what a container's children have answered."""
        for results in self.results.values():
            results[:] = [
                each.model_copy(update={"output": output}) if each.node == node_id else each
                for each in results
            ]


@dataclass
class Draft(Commands):
    """A run being decided on: every change of a status goes through `move` or `move_run`. `by` and `cause`
    name the person and the control behind what is decided just now; `windows` names maps whose items
    have finished, so that more can begin at one go; `again_at` is a time to look again."""

    run: Run
    now: Millis
    nodes: dict[str, NodeState] = field(init=False)
    eligible: list[str] = field(init=False)
    signals: dict[str, Value] = field(init=False)
    events: list[Event] = field(default_factory=list[Event])
    changes: dict[str, object] = field(default_factory=dict[str, object])
    ungatherable: dict[str, Failure] = field(default_factory=dict[str, Failure])
    windows: dict[str, None] = field(default_factory=dict[str, None])
    admitted: bool = False
    touched: bool = False
    by: str | None = None
    cause: str | None = None
    again_at: Millis | None = None
    status: str = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = dict(self.run.nodes)
        self.eligible = list(self.run.eligible)
        self.signals = dict(self.run.signals)
        self.status = self.run.status

    @property
    def finished(self) -> bool:
        """Whether the run has reached its last status."""
        return self.status in RUN_FINISHED

    @property
    def deadline_at(self) -> Millis | None:
        """When the run's time is over, as it stands now."""
        return self.changes.get("deadline_at", self.run.deadline_at)  # type: ignore[return-value]

    def state(self, node_id: str) -> NodeState:
        """The node's state, untouched ones included."""
        return self.nodes.get(node_id, UNTOUCHED)

    def move(self, event: str, node_id: str, **changes: object) -> bool:
        """Make a node's transition and record it; False (and nothing) when its status does not allow it."""
        found, left = NODE_TRANSITIONS[event]
        state = self.state(node_id)
        if state.status not in found:
            return False
        state = state.model_copy(update={"reset": False, **changes, "status": left})
        self.nodes[node_id] = state
        shown = state.failure if event in ("node.failed", "node.retrying") else None
        self.events.append(
            Event(
                type=event,
                at=self.now,
                node=node_id,
                attempt=state.attempt or None,
                port=state.port,
                failure=shown,
                by=self.by,
                cause=self.cause,
            )
        )
        return True

    def set(self, node_id: str, **changes: object) -> None:
        """Change what is kept of a node, but not its status."""
        self.nodes[node_id] = self.state(node_id).model_copy(update=changes)

    def spend(self, usage: Usage) -> None:
        """Add what an attempt, or a child run, has cost."""
        if usage != FREE:
            spent: Usage = self.changes.get("usage", self.run.usage)  # type: ignore[assignment]
            self.changes["usage"] = spent + usage

    def keep_signal(self, node_id: str, body: Value) -> None:
        """Keep what has come before the node waits for it, and record that it has."""
        self.signals[node_id] = body
        self.changes["signals"] = self.signals
        self.events.append(
            Event(type="node.signalled", at=self.now, node=node_id, by=self.by, cause=self.cause)
        )

    def take_signal(self, node_id: str) -> Value | None:
        """What was kept for a node that waits for it now; another attempt waits for another."""
        body = self.signals.pop(node_id, None)
        if body is not None:
            self.changes["signals"] = self.signals
        return body

    def untouch(self, node_id: str) -> None:
        """Take back that this node was sent: the attempt has not been made."""
        attempt = self.state(node_id).attempt - 1
        if attempt > 0:
            self.nodes[node_id] = NodeState(attempt=attempt, reset=True)
        else:
            del self.nodes[node_id]

    def move_run(self, event: str, *, failure: Failure | None = None, **changes: object) -> bool:
        """Make the run's transition and record it; False (and nothing) when its status does not allow it."""
        found, left = RUN_TRANSITIONS[event]
        if self.status not in found:
            return False
        self.status = left
        self.entered.append(left)
        self.changes.update(changes, status=left)
        if failure:
            self.changes["failure"] = failure
        self.events.append(Event(type=event, at=self.now, failure=failure, by=self.by, cause=self.cause))
        return True

    def stop(self, event: str, failure: Failure | None, order: list[str]) -> None:
        """End the run before its time: whatever has not finished is cancelled, child runs with it."""
        for node_id in order:
            state = self.state(node_id)
            self.tell_children(node_id, "cancel")
            if state.status in NODE_FINISHED:
                continue
            if state.status in IN_FLIGHT:
                self.cancel(node_id)
            self.move("node.cancelled", node_id, finished_at=self.now, wake_at=None)
        self.eligible = []
        self.move_run(event, failure=failure, finished_at=self.now)

    def cancel(self, node_id: str) -> None:
        """Nobody waits for what an executor does just now for a node."""
        self.cancels[node_id] = self.state(node_id).attempt

    def tell_children(self, node_id: str, action: Tell) -> None:
        """Have the child runs of a node that have not finished do the same; not those that nobody waits
        for."""
        suspended = self.state(node_id).suspended
        children = suspended.children if suspended else None
        if suspended and isinstance(suspended.directive, SpawnRuns) and not suspended.directive.wait:
            return
        for key in children.open if children else ():
            self.tells.append((child_id(self.run.id, node_id, key), action))

    def decision(self) -> Decision:
        """The run as decided, with its new events in the outbox."""
        changed = self.touched or bool(
            self.events or self.sends or self.changes or self.nodes != self.run.nodes
        )
        if not changed:
            return Decision(self.run, tells=self.tells)
        first = self.run.seq + 1
        fresh = {str(first + offset): event for offset, event in enumerate(self.events)}
        run = self.run.model_copy(
            update={
                **self.changes,
                "nodes": self.nodes,
                "eligible": self.eligible,
                "seq": self.run.seq + len(self.events),
                "outbox": {**self.run.outbox, **fresh},
                "wake_at": self._wake_at(bool(fresh or self.run.outbox)),
            }
        )
        return Decision(
            run,
            True,
            results=self.results,
            sends=self.sends,
            cancels=self.cancels,
            entered=self.entered,
            gathers=self.gathers,
            spawns=self.spawns,
            tells=self.tells,
        )

    def _wake_at(self, unflushed: bool) -> Millis | None:
        """When the planner must look again, at the latest; a crash before the flush is found by then, too. A
        child that has finished is left alone: its parent looks after it."""
        soon = self.now + FLUSH_GRACE_MS
        if self.finished:
            return None if self.run.parent_id and not self.tells else soon
        due = [state.wake_at for state in self.nodes.values() if state.wake_at is not None]
        if self.deadline_at is not None and self.status != "paused":
            due.append(self.deadline_at)
        if self.again_at is not None:
            due.append(self.again_at)
        elif unflushed or not due:
            due.append(soon if unflushed or self.status != "paused" else self.now + PAUSED_MS)
        return min(due)
