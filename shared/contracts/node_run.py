"""What a node's attempt received and answered: durable before the save that says so."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract, Millis
from shared.contracts.directive import Directive
from shared.contracts.failure import Failure
from shared.contracts.usage import Usage
from shared.contracts.value import Value

MAX_LOG_LINES = 200
MAX_LINE_CHARS = 2_000
LogLine = Annotated[str, StringConstraints(max_length=MAX_LINE_CHARS)]


class NodeResult(Contract):
    """One attempt's outcome. `input` is the config with its expressions evaluated. Exactly one of `output`
    (with the `port` taken), `failure` and `directive` is set; a directive suspends the node, and its result
    is kept once it has come to an end. `turn` is the task's. `cached` says that nothing was run."""

    node: str
    attempt: int
    status: Literal["succeeded", "failed", "suspended"]
    port: str | None = None
    output: Value | None = None
    input: Value | None = None
    failure: Failure | None = None
    directive: Directive | None = None
    turn: int = 0
    cached: bool = False
    logs: list[LogLine] = Field(default_factory=list[LogLine], max_length=MAX_LOG_LINES)
    usage: Usage = Field(default_factory=Usage)
    started_at: Millis
    finished_at: Millis


class NodeRun(Contract):
    """A `node_runs` document: all results of one `node.ready` message, id `<run>:<head>:<attempt>`.

    An executor with side effects inserts it as its claim: `executor` is set, `open` is true, there are no
    results yet. For nodes without side effects the planner inserts it whole."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    run_id: str
    workspace_id: str
    executor: str | None = None
    open: bool = False
    results: list[NodeResult] = Field(default_factory=list[NodeResult])
    created_at: Millis


def node_run_id(run_id: str, head: str, attempt: int) -> str:
    """The id under which the results of one message are kept."""
    return f"{run_id}:{head}:{attempt}"
