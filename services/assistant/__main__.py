"""The assistant: proposes graphs. For now it only announces itself: alive, ready, and listening to
nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.assistant.settings import AssistantSettings
from shared.service import Service, run_service


@asynccontextmanager
async def assistant(service: Service) -> AsyncIterator[None]:
    """Compose the assistant."""
    yield


if __name__ == "__main__":
    run_service("assistant", AssistantSettings(), assistant)
