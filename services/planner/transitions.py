"""The transition table of nodes and runs, and the working copy of a run on which they are made. Pure."""

from dataclasses import dataclass, field

from services.planner.readiness import UNTOUCHED
from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeResult
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, RUN_FINISHED, Event, NodeState, Run

# event -> the statuses it may find, the status it leaves
NODE_TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "node.ready": (frozenset({"pending"}), "ready"),
    "node.started": (frozenset({"ready"}), "running"),
    "node.succeeded": (frozenset({"ready", "running"}), "succeeded"),
    "node.retrying": (frozenset({"ready", "running"}), "pending"),
    "node.failed": (frozenset({"ready", "running"}), "failed"),
    "node.skipped": (frozenset({"pending"}), "skipped"),
    "node.cancelled": (frozenset({"pending", "ready", "running", "suspended"}), "cancelled"),
}
RUN_TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "run.started": (frozenset({"queued"}), "running"),
    "run.succeeded": (frozenset({"running"}), "succeeded"),
    "run.failed": (frozenset({"running", "paused"}), "failed"),
    "run.cancelled": (frozenset({"queued", "running", "paused"}), "cancelled"),
}
FLUSH_GRACE_MS = 10_000


@dataclass(frozen=True)
class Decision:
    """What `decide` asks for. `results` are to be stored before the run is saved, by the head and attempt of
    the message that brought them; `sends` lists the heads to publish, `cancels` the nodes an executor may
    stop."""

    run: Run
    changed: bool
    results: dict[tuple[str, int], list[NodeResult]]
    sends: list[str]
    cancels: list[str]
    entered: list[str]


@dataclass
class Draft:
    """A run being decided on: every change of a status goes through `move` or `move_run`."""

    run: Run
    now: Millis
    nodes: dict[str, NodeState] = field(init=False)
    eligible: list[str] = field(init=False)
    events: list[Event] = field(default_factory=list[Event])
    changes: dict[str, object] = field(default_factory=dict[str, object])
    results: dict[tuple[str, int], list[NodeResult]] = field(
        default_factory=dict[tuple[str, int], list[NodeResult]]
    )
    sends: list[str] = field(default_factory=list[str])
    cancels: list[str] = field(default_factory=list[str])
    entered: list[str] = field(default_factory=list[str])
    touched: bool = False
    status: str = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = dict(self.run.nodes)
        self.eligible = list(self.run.eligible)
        self.status = self.run.status

    @property
    def finished(self) -> bool:
        """Whether the run has reached its last status."""
        return self.status in RUN_FINISHED

    def state(self, node_id: str) -> NodeState:
        """The node's state, untouched ones included."""
        return self.nodes.get(node_id, UNTOUCHED)

    def move(self, event: str, node_id: str, **changes: object) -> bool:
        """Make a node's transition and record it; False (and nothing) when its status does not allow it."""
        found, left = NODE_TRANSITIONS[event]
        state = self.state(node_id)
        if state.status not in found:
            return False
        state = state.model_copy(update={**changes, "status": left})
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
            )
        )
        return True

    def set(self, node_id: str, **changes: object) -> None:
        """Change what is kept of a node, but not its status."""
        self.nodes[node_id] = self.state(node_id).model_copy(update=changes)

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
        self.events.append(Event(type=event, at=self.now, failure=failure))
        return True

    def stop(self, event: str, failure: Failure | None, order: list[str]) -> None:
        """End the run before its time: whatever has not finished is cancelled."""
        for node_id in order:
            state = self.state(node_id)
            if state.status in NODE_FINISHED:
                continue
            if state.status in IN_FLIGHT:
                self.cancels.append(node_id)
            self.move("node.cancelled", node_id, finished_at=self.now, wake_at=None)
        self.eligible = []
        self.move_run(event, failure=failure, finished_at=self.now)

    def decision(self) -> Decision:
        """The run as decided, with its new events in the outbox."""
        changed = self.touched or bool(
            self.events or self.sends or self.changes or self.nodes != self.run.nodes
        )
        if not changed:
            return Decision(self.run, False, {}, [], [], [])
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
        return Decision(run, True, self.results, self.sends, self.cancels, self.entered)

    def _wake_at(self, unflushed: bool) -> Millis:
        """When the planner must look again, at the latest; a crash before the flush is found by then, too."""
        soon = self.now + FLUSH_GRACE_MS
        if self.finished:
            return soon
        due = [state.wake_at for state in self.nodes.values() if state.wake_at is not None]
        deadline = self.changes.get("deadline_at", self.run.deadline_at)
        if isinstance(deadline, int):
            due.append(deadline)
        if unflushed or not due:
            due.append(soon)
        return min(due)
