"""One sandbox for all node types."""

from collections.abc import AsyncIterator

import pytest

from shared.sandbox import Sandbox
from tests.contract.nodes import Nodes


@pytest.fixture(scope="session")
async def nodes() -> AsyncIterator[Nodes]:
    async with Sandbox() as sandbox:
        yield Nodes(sandbox)
