"""Settings of the runner."""

from pydantic import Field

from shared.service import Settings


class RunnerSettings(Settings):
    """Beyond the common ones."""

    sandboxes: int = Field(default=2, ge=1, le=64, description="Sandbox worker processes")
    allow_shell: bool = Field(
        default=False, description="Offer `shell`: authors may then run any program on this machine"
    )
    prefetch: int = Field(
        default=20, ge=1, description="Messages of the normal lane under way; the high lane has as many"
    )
