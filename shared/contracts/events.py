"""Every message on the bus. The routing key is the event's name with a suffix; see
`shared/messaging/topology.py`."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis
from shared.contracts.catalog import NodeType
from shared.contracts.credential import CredentialType
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Event, Lane, Run, RunStatus
from shared.contracts.value import Value


class Message(Contract):
    """The base of all messages; `event` is the name in the routing key."""

    event: ClassVar[str]


class RunRequested(Message):
    """A run was inserted and wants to be carried. It travels along, so that the planner need not load it."""

    event: ClassVar[str] = "run.requested"
    run_id: str
    run: Run | None = None


class RunControl(Message):
    """The owner of a run wants it, or one of its nodes, changed. `retry`, `skip`, `decide` and `signal` name
    a node; `output` is what takes the place of its own, the outcome of a decision or the body of a signal.
    With an `attempt` it concerns the node only while it is in that one. `id` is found again in the events it
    leads to (`cause`)."""

    event: ClassVar[str] = "run.control"
    run_id: str
    id: str = ""
    action: Literal["cancel", "pause", "resume", "retry", "skip", "decide", "signal"]
    node: str | None = None
    attempt: int | None = None
    port: str | None = None
    output: Value | None = None
    by: str = ""
    reason: str = ""


class RunWoken(Message):
    """A run's `wake_at` has come."""

    event: ClassVar[str] = "run.woken"
    run_id: str


class NodeTask(Contract):
    """One node to execute: its config as JSON text, bodies left empty. Unless it heads the message, it runs
    only if `after`, another node of the message, has left through `after_port`. With a `mock` it is not run,
    but answers that. A loop is asked again for each `turn` with the `state` the one before it left.
    `variables` are those that it names; None: it sees all that are not secret."""

    node: str
    type: str
    attempt: int
    config: Json
    timeout_s: float
    mock: Json | None = None
    cache_ttl_s: float | None = None
    turn: int = 0
    state: Value | None = None
    after: str | None = None
    after_port: str | None = None
    references: list[str] = Field(default_factory=list)
    variables: list[str] | None = None
    credential_id: str | None = None


class SliceItem(Contract):
    """One child run among many: its key, and what it runs on."""

    key: str
    item: Value | None = None
    index: int | None = None


class Slice(Contract):
    """Child runs of one node that are run one after the other, all on the same nodes."""

    node: str
    attempt: int
    field: str
    items: list[SliceItem]


class NodeReady(Message):
    """Nodes to execute in one go: a tree, depth first, usually of one node. `outputs` holds what their
    expressions name, `trigger` the run's input, `item` and `index` what a container runs it on, `signals` the
    resume URLs of the run's nodes, `vars` the workspace's variables, `secrets` the names of those that are
    secret, each with what is sealed for the vault (nothing if no executor of this pool can open it). With a
    `slice` the nodes are run for each of its
    child runs, and `run_id` is their parent. In a `dry` run nothing waits."""

    event: ClassVar[str] = "node.ready"
    run_id: str
    workspace_id: str
    workflow_id: str | None = None
    pool: str
    lane: Lane = "normal"
    side_effects: Literal["none", "repeatable", "once"]
    nodes: list[NodeTask]
    outputs: dict[str, Value] = Field(default_factory=dict)
    trigger: Value | None = None
    item: Value | None = None
    index: int | None = None
    signals: dict[str, str] = Field(default_factory=dict)
    vars: Value | None = None
    secrets: dict[str, str] = Field(default_factory=dict)
    dry: bool = False
    slice: Slice | None = None
    sent_at: Millis


class NodeStarted(Message):
    """The first of these nodes is still running after 100 ms."""

    event: ClassVar[str] = "node.started"
    run_id: str
    node: str
    attempt: int
    executor: str
    at: Millis


class NodeFinished(Message):
    """The results of one `node.ready`, in order. Nodes behind a failure or a port not taken have none, nor
    do those that the executor hands back because the message has taken long enough.

    `stored` says that the executor has written them to `node_runs` already."""

    event: ClassVar[str] = "node.finished"
    run_id: str
    workspace_id: str
    head: str
    attempt: int
    executor: str
    stored: bool = False
    results: list[NodeResult]


class SliceAnswer(Contract):
    """What one child run of a slice has come to, node by node."""

    key: str
    results: list[NodeResult]


class SliceFinished(Message):
    """The results of a slice, by child run of the run `run_id`. Those the executor hands back, because the
    message has taken long enough, are named in `unanswered`."""

    event: ClassVar[str] = "slice.finished"
    run_id: str
    workspace_id: str
    node: str
    attempt: int
    field: str
    executor: str
    answers: list[SliceAnswer]
    unanswered: list[str] = Field(default_factory=list[str])


class NodesCancelled(Message):
    """These nodes are no longer wanted, in these attempts and earlier ones; an executor that runs one stops
    it. A hint: late results are ignored anyway."""

    event: ClassVar[str] = "node.cancelled"
    run_id: str
    nodes: dict[str, int]


class NodeProgress(Message):
    """A line of log or a token as it streams; shown, never relied upon."""

    event: ClassVar[str] = "node.progress"
    run_id: str
    node: str
    attempt: int
    at: Millis
    text: str


class Change(Contract):
    """What one save changed of one run. `events` is keyed by `seq`; `run` comes with the last change, without
    its outbox, so that who waited for the end need not read it. A batch tells of many runs, each with a trace
    of its own."""

    run_id: str
    workspace_id: str
    status: RunStatus
    events: dict[str, Event]
    run: Run | None = None
    traceparent: str = ""


class RunChanged(Message):
    """What one batch of saves changed; shown, never relied upon."""

    event: ClassVar[str] = "run.changed"
    changes: list[Change]


class RunFinished(Message):
    """A run has reached its last status."""

    event: ClassVar[str] = "run.finished"
    run_id: str
    workspace_id: str
    workflow_id: str | None
    status: RunStatus
    at: Millis


class WorkflowChanged(Message):
    """A workflow has been saved, published or archived; shown, never relied upon."""

    event: ClassVar[str] = "workflow.changed"
    workflow_id: str


class DeliveryDue(Message):
    """A notice is to be sent; only if its delivery is still at this revision."""

    event: ClassVar[str] = "delivery.due"
    delivery_id: str
    rev: int


class TriggerChanged(Message):
    """A webhook has been saved or deleted; shown, never relied upon."""

    event: ClassVar[str] = "trigger.changed"
    address: str


class AccessChanged(Message):
    """People, sessions, keys, memberships or workspaces are different now; shown, never relied upon."""

    event: ClassVar[str] = "access.changed"


class NodeTypeAnnounced(Message):
    """An executor has (re)started and can run these types; connectors know types of credentials, too."""

    event: ClassVar[str] = "node_type.announced"
    executor: str
    node_types: list[NodeType]
    credential_types: list[CredentialType] = Field(default_factory=list[CredentialType])


class CredentialAsked(Message):
    """Somebody wants a credential tried out, or the sign-in `connecting_id` finished. What has become of it
    is in the credential's state, under `id`."""

    event: ClassVar[str] = "credential.asked"
    id: str
    workspace_id: str
    credential_id: str
    ask: Literal["test", "connect"]
    url: str | None = None
    connecting_id: str = ""
    at: Millis


class CredentialAnswered(Message):
    """What was asked for has been done; shown, never relied upon."""

    event: ClassVar[str] = "credential.answered"
    id: str
    workspace_id: str
    credential_id: str


PLANNER_MESSAGES: tuple[type[Message], ...] = (
    RunRequested,
    RunControl,
    RunWoken,
    NodeStarted,
    NodeFinished,
    SliceFinished,
)
MESSAGES: tuple[type[Message], ...] = (
    RunRequested,
    RunControl,
    RunWoken,
    NodeReady,
    NodeStarted,
    NodeFinished,
    SliceFinished,
    NodesCancelled,
    NodeProgress,
    RunChanged,
    RunFinished,
    WorkflowChanged,
    DeliveryDue,
    TriggerChanged,
    AccessChanged,
    NodeTypeAnnounced,
    CredentialAsked,
    CredentialAnswered,
)
