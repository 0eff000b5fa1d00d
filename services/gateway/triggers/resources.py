"""What callers get of triggers, described for the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.resources import AT, RUN_ID, WORKFLOW_ID
from services.gateway.triggers.webhook_resources import HookAddress, WebhookResource
from shared.contracts.failure import Failure
from shared.contracts.run import Lane
from shared.contracts.trigger import Missed, Operator, Preset

TRIGGER_ID = "trg_01KG9V5D1S3C7H9TB4E6F8J2MN"


class ScheduleResource(BaseModel):
    """Times by the clock of a zone."""

    kind: Literal["schedule"]
    cron: str | None
    preset: Preset | None
    timezone: str
    missed: Missed
    from_: str | None = Field(alias="from")
    until: str | None


class ContinuousResource(BaseModel):
    """Run after run."""

    kind: Literal["continuous"]
    min_gap_s: float
    stop_after_failures: int


class FollowResource(BaseModel):
    """After runs of another workflow; null: of every other one."""

    kind: Literal["workflow"]
    workflow_id: str | None
    on: Literal["success", "failure", "any"]


class ConditionResource(BaseModel):
    """What has to hold of the value at a path in the event."""

    path: str
    operator: Operator
    value: Any


class MissedResource(BaseModel):
    """Times that lately went by while Weft was down. `more`: at least so many; `made_up`: runs started
    afterwards."""

    count: int
    more: bool
    made_up: int
    first_at: str
    last_at: str


class TriggerResource(BaseModel):
    """A trigger, and what has become of it. `failure` says why it has lately not started a run, or why it was
    paused by Weft."""

    id: str = Field(examples=[TRIGGER_ID])
    workflow_id: str = Field(examples=[WORKFLOW_ID])
    name: str
    kind: Literal["schedule", "webhook", "continuous", "workflow"]
    config: Annotated[
        ScheduleResource | WebhookResource | ContinuousResource | FollowResource,
        Field(discriminator="kind"),
    ]
    active: bool
    held: bool = Field(description="Its workflow is archived: until that is restored, it starts nothing")
    version: int | None
    lane: Lane
    mapping: dict[str, str] | None
    conditions: list[ConditionResource]
    rev: int
    next_at: str | None = Field(examples=[AT], description="When it starts a run next, if that is known")
    last_at: str | None = Field(description="The time that the last run was started for")
    last_run_id: str | None = Field(examples=[RUN_ID])
    failures: int = Field(description="Failed runs in a row, of one that starts run after run")
    failure: Failure | None
    missed: MissedResource | None
    created_at: str = Field(examples=[AT])
    updated_at: str
    created_by: str


class TriggerMade(TriggerResource):
    """A trigger that has just been created or replaced; of a webhook, with where to send things."""

    hook: HookAddress | None = None


class TriggerPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[TriggerResource]
    next: str | None


class TimesResource(BaseModel):
    """The next times of a schedule, in UTC and by the clock of its zone. There may be fewer than were asked
    for: after the last one there is none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "timezone": "Europe/Berlin",
                    "times": [{"at": "2026-03-29T01:00:00.000Z", "local": "2026-03-29T03:00:00+02:00"}],
                }
            ]
        }
    )
    timezone: str
    times: list["TimeResource"]


class TimeResource(BaseModel):
    """A time, in UTC and by the clock of the schedule's zone."""

    at: str
    local: str


class BackfillResource(BaseModel):
    """What a backfill came to: the runs it has started, oldest first, how many times had one already, and
    how many did not meet the trigger's conditions."""

    started: int
    there: int
    unmet: int
    run_ids: list[str]
