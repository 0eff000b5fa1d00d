"""What callers get who steer runs: what nodes wait for, reviews, signals, what became of many runs."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.resources import AT, RUN_ID, AttemptResource, NodeResource
from shared.contracts.failure import Failure
from shared.contracts.run import RunStatus


class ChildrenResource(BaseModel):
    """The child runs of a container. How many there will be is not known of a loop; that is in a `turn`."""

    shape: Literal["map", "loop", "try", "workflow"]
    total: int | None
    running: int
    done: int
    failed: int
    turn: int | None = None


class ReviewQuestion(BaseModel):
    """What a review asks. `context` is what to look at, `form` the JSON Schema of the `data` that comes with
    one of the `decisions`."""

    title: Any = Field(examples=["May this be sent?"])
    instructions: Any
    context: Any
    form: dict[str, Any] | bool | None
    assignees: list[str]
    decisions: list[str] = Field(examples=[["approve", "reject"]])
    timeout_at: str | None


class WaitingReview(ReviewQuestion):
    """A node that waits for a person to decide."""

    kind: Literal["review"]
    since: str = Field(examples=[AT])


class WaitingSignal(BaseModel):
    """A node that waits for a POST to `url`; `schema` is the JSON Schema of its body."""

    model_config = ConfigDict(protected_namespaces=())
    kind: Literal["signal"]
    since: str
    url: str
    schema_: dict[str, Any] | bool | None = Field(alias="schema")
    timeout_at: str | None


class WaitingTime(BaseModel):
    """A node that waits for a time."""

    kind: Literal["wait"]
    since: str
    until: str


class WaitingChildren(BaseModel):
    """A container whose child runs are under way."""

    kind: Literal["children"]
    since: str
    children: ChildrenResource


class NodeRunResource(NodeResource):
    """A node in a run with its attempts that have ended, the first one first, and what it waits for."""

    node: str
    run_id: str
    waiting: WaitingReview | WaitingSignal | WaitingTime | WaitingChildren | None  # type: ignore[assignment]
    attempts: list[AttemptResource]


class ReviewResource(ReviewQuestion):
    """A review that waits for somebody to decide it: POST to `decide_url`."""

    run_id: str = Field(examples=[RUN_ID])
    node: str = Field(examples=["check"])
    workflow_id: str | None
    since: str = Field(examples=[AT])
    decide_url: str


class ReviewPage(BaseModel):
    """The reviews of a page of runs; `next` is the cursor of the next one, null on the last."""

    items: list[ReviewResource]
    next: str | None


class SignalReceipt(BaseModel):
    """A signal has arrived. It is `kept` for a node that does not wait for it yet."""

    run_id: str = Field(examples=[RUN_ID])
    node: str = Field(examples=["paid"])
    kept: bool


class BulkResult(BaseModel):
    """What became of one run: its `status`, the `run_id` of its re-run, or the `failure`."""

    id: str = Field(examples=[RUN_ID])
    ok: bool
    status: RunStatus | None = None
    run_id: str | None = None
    failure: Failure | None = None


class BulkResource(BaseModel):
    """One result per run. `more` says that more of them match: ask again."""

    results: list[BulkResult]
    more: bool
