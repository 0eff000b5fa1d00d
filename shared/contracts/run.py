"""A run and its nodes: the one document that the planner writes."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Millis
from shared.contracts.directive import Directive
from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeRun
from shared.contracts.usage import Usage
from shared.contracts.value import Value

RunStatus = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
NodeStatus = Literal[
    "pending", "ready", "running", "suspended", "succeeded", "failed", "skipped", "cancelled"
]
TriggerKind = Literal["manual", "api", "schedule", "webhook", "continuous", "workflow"]
Lane = Literal["high", "normal"]

RUN_FINISHED: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})
NODE_FINISHED: frozenset[str] = frozenset({"succeeded", "failed", "skipped", "cancelled"})
IN_FLIGHT: frozenset[str] = frozenset({"ready", "running"})


def child_id(run_id: str, node_id: str, key: str) -> str:
    """The id of a node's child run."""
    return f"{run_id}.{node_id}.{key}"


class Cause(Contract):
    """What started the run: the trigger's id where it was one, and the name of who asked, where somebody
    did. `hops` counts the runs that led to it, each by a trigger that follows the workflow before."""

    kind: TriggerKind
    id: str | None = None
    by: str | None = None
    hops: int = 0


class Children(Contract):
    """The child runs of a suspended container. `released` counts those begun, `open` holds the keys of those
    not finished. `answer` and `failure` are what the body came to while its `finally` runs."""

    released: int = 0
    open: list[str] = Field(default_factory=list[str])
    failed: int = 0
    answer: Value | None = None
    failure: Failure | None = None


class Suspension(Contract):
    """What a node waits for, and what its attempt has left so far."""

    directive: Directive
    children: Children | None = None
    input: Value | None = None
    logs: list[str] = Field(default_factory=list[str])
    started_at: Millis


class NodeState(Contract):
    """One node in one run. `head` names the first node of the message it was sent in (often
    itself); `<run>:<head>:<head_attempt>` is the id of the `node_runs` document with its result.

    `wake_at` is when the planner must look again: a retry that comes due, a timeout, a message gone missing.
    `turn` counts the turns of a loop. A `source` is the run that a node's result was taken over from. A node
    that was `reset` is as good as untouched but for its attempts."""

    status: NodeStatus = "pending"
    attempt: int = 0
    port: str | None = None
    head: str | None = None
    head_attempt: int = 0
    ready_at: Millis | None = None
    started_at: Millis | None = None
    finished_at: Millis | None = None
    wake_at: Millis | None = None
    resends: int = 0
    failure: Failure | None = None
    suspended: Suspension | None = None
    deadline_at: Millis | None = None
    turn: int = 0
    source: str | None = None
    reset: bool = False


def has_children(state: NodeState) -> bool:
    """Whether child runs of a suspended node are under way."""
    children = state.suspended.children if state.suspended else None
    return state.status == "suspended" and children is not None and bool(children.open)


class Event(Contract):
    """A recorded fact of a run, numbered by the run's `seq`; `by` and `cause` name the person and the control
    that led to it."""

    type: str
    at: Millis
    node: str | None = None
    attempt: int | None = None
    port: str | None = None
    failure: Failure | None = None
    by: str | None = None
    cause: str | None = None


class Run(Contract):
    """The run document. `rev` guards every save, `writer` is the planner that made it and a number (so that a
    save of unknown outcome can be told from all others), `seq` numbers the events, `outbox` holds those not
    yet published.

    `eligible` lists the nodes that may be sent but are not: a retry has come due or `max_parallel` was
    reached. `results` holds what nodes without side effects answered until it is in `node_runs`, under the
    ids it has there. `signals` came before the node that waits for them.

    A child run knows its `parent_id`, the node there that began it in which attempt, its `key` among that
    node's children, `item` and `index`, and in `outer` the outputs its graph names of graphs around it.
    `ancestors` are the workflows that led to it. `secret` makes the tokens of resume URLs; it is never shown.
    A `dry` run touches nothing outside; `answered` counts what its mocks have answered before a child run
    began, by their paths in it; `pins` says that pinned outputs count. `rerun_of` is the run whose
    results it took over. `max_parallel` is what the workspace's plan allows at most. `waiting_for` is set
    when it is stored: a list finds by it."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    workspace_id: str
    workflow_id: str | None = None
    version: str
    level: Literal["top", "child"] = "top"
    parent_id: str | None = None
    parent_node: str | None = None
    parent_attempt: int = 0
    key: str | None = None
    depth: int = 0
    ancestors: list[str] = Field(default_factory=list[str])
    trigger: Cause
    lane: Lane = "normal"
    status: RunStatus
    rev: int
    writer: str = ""
    seq: int = 0
    wake_at: Millis | None = None
    deadline_at: Millis | None = None
    paused_at: Millis | None = None
    input: Value
    item: Value | None = None
    index: int | None = None
    outer: dict[str, Value] = Field(default_factory=dict)
    output: Value | None = None
    failure: Failure | None = None
    nodes: dict[str, NodeState] = Field(default_factory=dict)
    eligible: list[str] = Field(default_factory=list)
    outbox: dict[str, Event] = Field(default_factory=dict)
    results: dict[str, NodeRun] = Field(default_factory=dict)
    signals: dict[str, Value] = Field(default_factory=dict)
    secret: str = ""
    dry: bool = False
    answered: dict[str, int] = Field(default_factory=dict)
    pins: bool = False
    rerun_of: str | None = None
    max_parallel: int | None = None
    waiting_for: Literal["", "review"] = ""
    cancel_reason: str | None = None
    usage: Usage = Field(default_factory=Usage)
    traceparent: str = ""
    created_at: Millis
    started_at: Millis | None = None
    finished_at: Millis | None = None
