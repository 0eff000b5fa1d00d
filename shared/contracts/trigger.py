"""A trigger: what starts runs of a workflow, when, with which input."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis, Name
from shared.contracts.failure import Failure
from shared.contracts.run import Lane
from shared.contracts.webhook import WebhookConfig

Missed = Literal["skip", "one", "all"]
Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "starts_with",
    "ends_with",
    "greater",
    "greater_or_equal",
    "less",
    "less_or_equal",
    "in",
    "exists",
]
Preset = Literal[
    "every_minute",
    "every_5_minutes",
    "every_15_minutes",
    "hourly",
    "daily",
    "weekdays",
    "weekly",
    "monthly",
    "yearly",
]


class ScheduleConfig(Contract):
    """Times by the clock of an IANA zone: `cron` with five fields, or six with seconds first, or a `preset`
    instead. `missed` says what becomes of times at which no planner was up."""

    kind: Literal["schedule"] = "schedule"
    cron: str | None = None
    preset: Preset | None = None
    timezone: str = "UTC"
    missed: Missed = "one"
    from_at: Millis | None = None
    until_at: Millis | None = None


class ContinuousConfig(Contract):
    """Again and again: the next run begins `min_gap_s` after the one before has finished, until so many in a
    row have failed (0: whatever happens)."""

    kind: Literal["continuous"] = "continuous"
    min_gap_s: float = 0
    stop_after_failures: int = 3


class FollowConfig(Contract):
    """After runs of another workflow, or of every other one of the workspace, that have come to such an
    end."""

    kind: Literal["workflow"] = "workflow"
    workflow_id: str | None = None
    on: Literal["success", "failure", "any"] = "success"


TriggerConfig = Annotated[
    ScheduleConfig | WebhookConfig | ContinuousConfig | FollowConfig, Field(discriminator="kind")
]


class Mapped(Contract):
    """One key of a run's input, and the path in the event that its value is found at."""

    key: str
    path: str


class Condition(Contract):
    """What has to hold of the value at a path in the event; `value` is JSON text."""

    path: str
    operator: Operator
    value: Json = "null"


class MissedTimes(Contract):
    """The times that lately went by without a planner: how many (`more`: at least), and for how many of them
    runs were started afterwards."""

    count: int
    more: bool = False
    made_up: int
    first_at: Millis
    last_at: Millis


class Trigger(Contract):
    """A stored trigger. `rev` numbers the saves by people, `saves` all of them, and guards each. Without
    `version` it starts the latest one. Without `mapping` the whole event is the input. One that is `held`
    starts nothing, active or not, until its workflow is no longer archived.

    The rest is what has become of it: `next_at` is when the clock is to look at it, `last_at` the last time
    that a run was started for, `running` the run whose end a continuous one waits for, `failures` counts
    failed runs in a row, and `failure` says why it did not start one, or why it was stopped."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    workspace_id: str
    workflow_id: str
    name: Name
    config: TriggerConfig
    active: bool = True
    held: bool = False
    version: int | None = None
    lane: Lane = "normal"
    mapping: list[Mapped] | None = None
    conditions: list[Condition] = Field(default_factory=list[Condition])
    rev: int = 1
    saves: int = 1
    next_at: Millis | None = None
    last_at: Millis | None = None
    last_run_id: str | None = None
    running: str | None = None
    failures: int = 0
    failure: Failure | None = None
    missed: MissedTimes | None = None
    created_at: Millis
    updated_at: Millis
    created_by: str = ""

    @property
    def live(self) -> bool:
        """Whether it starts runs."""
        return self.active and not self.held

    @property
    def watched(self) -> str | None:
        """Which workflow's runs it follows: an id, or `all:<workspace>`."""
        if not isinstance(self.config, FollowConfig):
            return None
        return self.config.workflow_id or everything(self.workspace_id)


def everything(workspace_id: str) -> str:
    """What a trigger watches that follows every workflow of a workspace."""
    return f"all:{workspace_id}"
