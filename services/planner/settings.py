"""Settings of the planner."""

from pydantic import Field, field_validator

from shared.plans import load_plans
from shared.service import Settings


class PlannerSettings(Settings):
    """Beyond the common ones."""

    public_url: str = Field(
        default="",
        description="Where callers reach the gateway; resume URLs begin with it",
    )
    smtp_from: str = Field(
        default="", description="Whom the installation's own mails are from; without it none are sent"
    )
    keep_runs_days: float = Field(
        default=30, ge=0, description="Finished runs are removed after this, with all of theirs; 0: never"
    )
    keep_keys_days: float = Field(
        default=7, ge=0, description="How long an Idempotency-Key counts; 0: for ever"
    )
    keep_dead_letters_days: float = Field(default=90, ge=0, description="0: for ever")
    plans: str = Field(
        default="", description="A file of plans instead of those that come along (shared/plans.yaml)"
    )
    keep_figures_days: float = Field(default=730, ge=0, description="For analytics, by the hour; 0: for ever")
    keep_alerts_days: float = Field(
        default=90, ge=0, description="Alerts, and what was sent of them; 0: for ever"
    )
    keep_hook_events_days: float = Field(
        default=30, ge=0, description="How long what was sent to webhooks is kept; 0: for ever"
    )
    keep_audit_days: float = Field(
        default=365, ge=0, description="How long it is known who did what; 0: for ever"
    )
    stuck_round_s: float = Field(
        default=60, gt=0, description="How often all unfinished runs are looked at for stuck ones"
    )
    prefetch: int = Field(default=200, ge=1, description="Unacknowledged messages a partition may have here")

    @field_validator("plans")
    @classmethod
    def _are_plans(cls, value: str) -> str:
        load_plans(value)
        return value
