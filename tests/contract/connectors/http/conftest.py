"""A real server to call and a way to run the node on a config as its author writes it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest

from services.connectors.http.request import request
from shared.context import Context
from shared.http import HttpClient
from shared.nodes import NodeFailed, Registered
from shared.sandbox import Sandbox
from tests.http_server import Server, serving

Answers = Callable[..., Awaitable[dict[str, Any]]]
Fails = Callable[..., Awaitable[NodeFailed]]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture(scope="module")
async def context() -> AsyncIterator[Context]:
    no_sandbox = cast(Sandbox, None)  # http.request evaluates nothing itself
    async with HttpClient(allow=["127.0.0.1"]) as http:
        yield Context("run_1", "default", "call", 1, no_sandbox, {}, http=http)


@pytest.fixture(scope="session")
def node_type() -> Registered:
    return request.registered  # type: ignore[attr-defined]


@pytest.fixture
def answer_to(node_type: Registered, context: Context) -> Answers:
    """The node's output for a config."""

    async def answer(**config: Any) -> dict[str, Any]:
        return await node_type.run(node_type.config_model.model_validate(config), context)

    return answer


@pytest.fixture
def failure_of(answer_to: Answers) -> Fails:
    """The failure that a config leads to."""

    async def fails(**config: Any) -> NodeFailed:
        with pytest.raises(NodeFailed) as failed:
            await answer_to(**config)
        return failed.value

    return fails
