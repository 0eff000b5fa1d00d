"""One sandbox for all tests here: its limits are tight, so that what loops forever is soon stopped."""

from collections.abc import AsyncIterator

import pytest

from shared.sandbox import Sandbox


@pytest.fixture(scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A real sandbox with 32 MB and one second for expressions."""
    async with Sandbox(processes=1, max_memory=32 * 2**20, expression_timeout_s=1) as opened:
        yield opened
