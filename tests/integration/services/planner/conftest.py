"""A planner at work; the tests stand where gateway and executors would."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.planner.__main__ import planner
from shared.contracts.events import NodeReady
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.versions import Versions
from tests.builders import graph, version
from tests.integration.services.frame import Peer, as_executor, working

Drop = Callable[..., Awaitable[None]]


@pytest.fixture
async def published(store: Store) -> None:
    """A workflow's first version: `a > b`, each in a message of its own."""
    await Versions(store).insert(version(graph("a > b"), side_effects={"a": "repeatable", "b": "once"}))


@pytest.fixture
async def executor(amqp_url: str, drop_queues: Drop) -> AsyncIterator[Peer]:
    """Takes the work."""
    async with as_executor(amqp_url, "core") as peer:
        yield peer


@pytest.fixture
async def planning(amqp_url: str, store_url: str, published: None, executor: Peer) -> AsyncIterator[Service]:
    """A planner, consuming."""
    async with working("planner", planner, amqp_url, store_url) as service:
        yield service


@pytest.fixture
def work(executor: Peer) -> Callable[[], Awaitable[NodeReady]]:
    """The next message for executors."""

    async def taken() -> NodeReady:
        message = await executor.next()
        assert isinstance(message, NodeReady)
        return message

    return taken
