"""A caller of the session's system, the outside world it calls, and its broker and store from behind."""

from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import aiohttp
import pytest

from shared.storage.mongo import Store
from tests.e2e.client import Weft
from tests.http_server import Server, serving


@pytest.fixture(scope="session")
async def weft(system: dict[str, Any]) -> AsyncIterator[Weft]:
    """A caller with the right key."""
    limit = aiohttp.ClientTimeout(total=100)
    key = {"Authorization": f"Bearer {system['api_key']}"}
    async with aiohttp.ClientSession(headers=key, timeout=limit) as session:
        yield Weft(system, session)


@pytest.fixture
async def target() -> AsyncIterator[Server]:
    """A server for `http.request` to call."""
    async with serving() as server:
        yield server


@pytest.fixture(scope="session")
async def system_store(system: dict[str, Any]) -> AsyncIterator[Store]:
    """The system's own store."""
    store = Store(system["mongo_url"])
    yield store
    await store.close()


@pytest.fixture(scope="session")
async def broker(system: dict[str, Any]) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """A channel to the system's own broker."""
    async with await aio_pika.connect(system["amqp_url"]) as connection:
        yield await connection.channel()
