"""Settings of the assistant."""

from shared.service import Settings


class AssistantSettings(Settings):
    """The common ones, so far."""
