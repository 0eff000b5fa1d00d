"""What a workspace may use: its plan, as data."""

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.run import TriggerKind


class Plan(Contract):
    """Limits; those that are left out do not limit anything. `max_parallel` holds for the nodes of one run,
    `history_days` for runs that have finished."""

    title: str = Field(max_length=100)
    active_workflows: int | None = Field(default=None, ge=0)
    data_sources: int | None = Field(default=None, ge=0)
    runs_per_month: int | None = Field(default=None, ge=0)
    history_days: float | None = Field(default=None, gt=0)
    max_parallel: int | None = Field(default=None, ge=1)
    triggers: list[TriggerKind] | None = None
    sharing: bool = True


NO_PLAN = Plan(
    title="(unknown)", active_workflows=0, data_sources=0, runs_per_month=0, triggers=[], sharing=False
)
"""What holds for a workspace whose plan is not among those there are."""
