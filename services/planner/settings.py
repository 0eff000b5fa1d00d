"""Settings of the planner."""

from pydantic import Field

from shared.service import Settings


class PlannerSettings(Settings):
    """Beyond the common ones."""

    public_url: str = Field(
        default="",
        description="Where callers reach the gateway; resume URLs begin with it",
    )
    prefetch: int = Field(default=200, ge=1, description="Unacknowledged messages a partition may have here")
