"""One pool for all tests here: its limits are tight, so that what loops forever is soon stopped."""

from collections.abc import AsyncIterator

import pytest

from shared.javascript.pool import JavaScript


@pytest.fixture(scope="session")
async def javascript() -> AsyncIterator[JavaScript]:
    """One worker; 32 MB and half a second a program."""
    opened = JavaScript(1, max_memory=32 * 2**20, timeout_s=0.5, grace_s=0.5)
    yield opened
    await opened.close()
