"""What callers send of how a trigger is set: when it starts runs, and for which events."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.gateway.inputs import Moment, example, given
from services.gateway.present import millis
from services.gateway.triggers.webhook_inputs import WebhookInput
from shared.contracts.trigger import (
    Condition,
    ContinuousConfig,
    FollowConfig,
    Missed,
    Operator,
    Preset,
    ScheduleConfig,
)
from shared.contracts.value import to_json
from shared.cron import check_cron, check_zone
from shared.mapping import path_of

LAST_YEAR = 3000
WORKFLOW_ID = "wf_01KG9V3ZB5N8S2YF4H6J0K7PQR"
DAILY = {"kind": "schedule", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "missed": "one"}

WorkflowId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _is_path(text: str) -> str:
    path_of(text)
    return text


def _is_near(at: datetime) -> datetime:
    if not 1971 <= at.year < LAST_YEAR:
        raise ValueError(f"the year must be 1971 to {LAST_YEAR - 1}")
    return at


PathText = Annotated[str, AfterValidator(_is_path)]
Time = Annotated[Moment, AfterValidator(_is_near)]
Cron = Annotated[
    str,
    AfterValidator(check_cron),
    Field(description="Five fields, or six with seconds first", examples=["30 2 * * *", "*/10 * * * * *"]),
]
Zone = Annotated[str, AfterValidator(check_zone), Field(description="IANA name", examples=["Europe/Berlin"])]

ONE_OF_BOTH = [given("cron"), given("preset")]


class When(BaseModel):
    """`cron` or `preset`, by the clock of a zone."""

    model_config = example(oneOf=ONE_OF_BOTH)
    cron: Cron | None = None
    preset: Preset | None = None
    timezone: Zone = "UTC"

    @model_validator(mode="after")
    def _one_of_both(self) -> "When":
        if (self.cron is None) == (self.preset is None):
            raise ValueError("send `cron` or `preset`, one of them")
        return self


class ScheduleInput(When):
    """Times by the clock. `missed` says what becomes of those that went by while Weft was down: nothing, one
    run for the latest, or a run for each (the 100 latest)."""

    model_config = example(DAILY, oneOf=ONE_OF_BOTH)
    kind: Literal["schedule"]
    missed: Missed = "one"
    from_: Time | None = Field(None, alias="from", description="No times before")
    until: Time | None = Field(None, description="No times after")

    def stored(self) -> ScheduleConfig:
        """As it is kept."""
        return ScheduleConfig(
            cron=self.cron,
            preset=self.preset,
            timezone=self.timezone,
            missed=self.missed,
            from_at=millis(self.from_),
            until_at=millis(self.until),
        )


class ContinuousInput(BaseModel):
    """Run after run, without end: until `stop_after_failures` in a row have failed (0: never)."""

    model_config = example({"kind": "continuous", "min_gap_s": 60})
    kind: Literal["continuous"]
    min_gap_s: float = Field(
        0, ge=0, le=31_536_000, allow_inf_nan=False, description="Seconds from a run's end to the next start"
    )
    stop_after_failures: int = Field(3, ge=0, le=1_000)

    def stored(self) -> ContinuousConfig:
        """As it is kept."""
        return ContinuousConfig(min_gap_s=self.min_gap_s, stop_after_failures=self.stop_after_failures)


class FollowInput(BaseModel):
    """After runs of another workflow; without `workflow_id`, of every other one here."""

    model_config = example({"kind": "workflow", "workflow_id": WORKFLOW_ID, "on": "failure"})
    kind: Literal["workflow"]
    workflow_id: WorkflowId | None = None
    on: Literal["success", "failure", "any"] = "success"

    def stored(self) -> FollowConfig:
        """As it is kept."""
        return FollowConfig(workflow_id=self.workflow_id, on=self.on)


ConfigInput = Annotated[
    ScheduleInput | WebhookInput | ContinuousInput | FollowInput, Field(discriminator="kind")
]


class ConditionInput(BaseModel):
    """What has to hold of the value at `path` in the event. Whatever `value` is, it is only compared."""

    model_config = example(
        {"path": "body.kind", "operator": "equals", "value": "order"},
        anyOf=[
            {"properties": {"operator": {"not": {"const": "in"}}}},
            {"required": ["value"], "properties": {"value": {"type": "array"}}},
        ],
    )
    path: PathText
    operator: Operator
    value: Any = None

    @model_validator(mode="after")
    def _in_needs_a_list(self) -> "ConditionInput":
        if self.operator == "in" and not isinstance(self.value, list):
            raise ValueError("`in` needs a list as `value`")
        return self

    def stored(self) -> Condition:
        """As it is kept."""
        return Condition(path=self.path, operator=self.operator, value=to_json(self.value))
