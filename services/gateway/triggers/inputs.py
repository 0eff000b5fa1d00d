"""What callers send about triggers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.gateway.inputs import Name, PageQuery, example
from services.gateway.triggers.config_inputs import (
    DAILY,
    ONE_OF_BOTH,
    WORKFLOW_ID,
    ConditionInput,
    ConfigInput,
    PathText,
    Time,
    When,
    WorkflowId,
)
from shared.contracts.run import Lane
from shared.contracts.trigger import Mapped

MOST_CONDITIONS = 50
MOST_KEYS = 200
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Trigger(BaseModel):
    name: Name
    config: ConfigInput
    version: int | None = Field(
        None, ge=1, le=1_000_000, description="Start this version, not the latest of the moment"
    )
    lane: Lane = "normal"
    mapping: dict[Key, PathText] | None = Field(
        None,
        max_length=MOST_KEYS,
        description="The run's input: each key with the value at a path in the event, null where there is "
        "none. Left out, the whole event is the input",
    )
    conditions: list[ConditionInput] = Field([], max_length=MOST_CONDITIONS)

    def stored(self) -> dict[str, Any]:
        """What is kept of it."""
        paths = None if self.mapping is None else self.mapping.items()
        return {
            "name": self.name,
            "config": self.config.stored(),
            "version": self.version,
            "lane": self.lane,
            "mapping": None if paths is None else [Mapped(key=key, path=path) for key, path in paths],
            "conditions": [each.stored() for each in self.conditions],
        }


class NewTrigger(_Trigger):
    """A trigger to be created. It starts runs for events that meet all `conditions`."""

    model_config = example(
        {"workflow_id": WORKFLOW_ID, "name": "Every night", "config": DAILY},
        {
            "workflow_id": WORKFLOW_ID,
            "name": "Someone must look at it",
            "config": {"kind": "workflow", "on": "failure"},
            "mapping": {"run": "run.id", "why": "run.failure.message"},
            "conditions": [{"path": "run.failure.code", "operator": "not_equals", "value": "timeout"}],
        },
    )
    workflow_id: WorkflowId
    active: bool = True


class TriggerChange(_Trigger):
    """A trigger to be replaced over revision `rev`; workflow and kind stay."""

    model_config = example({"rev": 1, "name": "Every night", "config": DAILY, "active": False})
    rev: int = Field(ge=1)
    active: bool | None = Field(None, description="Left out, it stays as it is")


class SchedulePreview(When):
    """A schedule to be tried out."""

    model_config = example(
        {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, {"preset": "weekdays"}, oneOf=ONE_OF_BOTH
    )
    after: Time | None = Field(None, description="Later than this; left out, than now")
    count: int = Field(5, ge=1, le=25)


class Fire(BaseModel):
    """A run now. `event` is what the trigger would be told; left out, what it would be at this moment."""

    model_config = example({}, {"event": {"body": {"order": 7}}})
    event: dict[str, Any] | None = None


class Backfill(BaseModel):
    """The times of a schedule from `from` to `to`, both included."""

    model_config = example({"from": "2026-01-01T00:00:00Z", "to": "2026-01-31T00:00:00Z"})
    from_: Time = Field(alias="from")
    to: Time


class TriggersQuery(PageQuery):
    """Triggers, by workflow, kind and state if wanted."""

    workflow_id: WorkflowId | None = None
    kind: Literal["schedule", "webhook", "continuous", "workflow"] | None = None
    active: bool | None = None


class TimesQuery(BaseModel):
    """How many of the next times."""

    model_config = {"extra": "forbid"}
    count: int = Field(5, ge=1, le=25)
