"""What people want to be told of, and what they are told."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.contracts.base import Contract, Millis, Name
from shared.contracts.failure import Failure

Severity = Literal["info", "warning", "critical"]
AlertStatus = Literal["open", "acknowledged"]
NoticeKind = Literal["alert", "test", "message"]
ConditionKind = Literal[
    "failure", "failure_rate", "empty_output", "duration", "overdue", "cost", "no_success"
]
MOST_S = 31 * 86_400


class _Condition(Contract):
    model_config = ConfigDict(strict=True)


class OnFailure(_Condition):
    """A run has failed; with `codes`, with one of these."""

    kind: Literal["failure"]
    codes: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field([], max_length=50)


class OnFailureRate(_Condition):
    """At least this share of the runs that finished within the last `window_s` seconds has failed. Fewer than
    `min_runs` say nothing; runs that took more than a day do not count."""

    kind: Literal["failure_rate"]
    share: float = Field(gt=0, le=1, allow_inf_nan=False)
    window_s: int = Field(ge=60, le=86_400)
    min_runs: int = Field(10, ge=1, le=1_000_000)


class OnEmptyOutput(_Condition):
    """A run has succeeded with nothing: null, or texts, lists and objects in which there is nothing."""

    kind: Literal["empty_output"]


class OnDuration(_Condition):
    """A run has finished, and took longer than this from its start."""

    kind: Literal["duration"]
    longer_than_s: float = Field(ge=0, le=MOST_S, allow_inf_nan=False)


class OnOverdue(_Condition):
    """A run has not finished this long after it was asked for: an SLA."""

    kind: Literal["overdue"]
    after_s: float = Field(ge=1, le=MOST_S, allow_inf_nan=False)


class OnCost(_Condition):
    """A run has cost more than this; or all runs that have finished this day or month (UTC) together."""

    kind: Literal["cost"]
    more_than_usd: float = Field(ge=0, le=1e9, allow_inf_nan=False)
    per: Literal["run", "day", "month"] = "run"


class OnNoSuccess(_Condition):
    """No run has succeeded for so many hours. Runs that took more than a week do not count."""

    kind: Literal["no_success"]
    hours: float = Field(gt=0, le=24 * 31, allow_inf_nan=False)


Condition = Annotated[
    OnFailure | OnFailureRate | OnEmptyOutput | OnDuration | OnOverdue | OnCost | OnNoSuccess,
    Field(discriminator="kind"),
]


class AlertRule(Contract):
    """When whom to tell. Without `workflows` it concerns every run of the workspace; figures over many runs
    are taken of each workflow that is named, or of all together. After an alert nothing more is said of the
    same workflow for `cooldown_s` seconds. `since` is when it became active."""

    id: str
    workspace_id: str
    name: Name
    condition: Condition
    severity: Severity
    workflows: list[str] = []
    channels: list[str] = []
    cooldown_s: int
    active: bool
    rev: int
    since: Millis
    created_at: Millis
    updated_at: Millis

    def concerns(self, workflow_id: str | None) -> bool:
        """Whether it is about runs of this workflow (None: of none)."""
        return not self.workflows or workflow_id in self.workflows


class Alert(Contract):
    """What a rule has found. `said` is a sentence, `run_id` the run it is about, if it is about one;
    `channels` are those that are told."""

    id: str
    workspace_id: str
    rule_id: str
    rule_name: str
    kind: ConditionKind
    severity: Severity
    workflow_id: str | None = None
    workflow_name: str | None = None
    run_id: str | None = None
    said: str
    failure: Failure | None = None
    channels: list[str] = []
    status: AlertStatus = "open"
    rev: int = 1
    at: Millis
    acknowledged_by: str | None = None
    acknowledged_at: Millis | None = None
    note: str = ""


class Notice(Contract):
    """What is sent to people, in plain text; how it looks is up to the channel. `facts` are names and values
    to be listed."""

    kind: NoticeKind
    title: str
    text: str
    severity: Severity = "info"
    facts: list[tuple[str, str]] = []
    link: str = ""
    at: Millis
    workspace_id: str
    alert: Alert | None = None
