"""A gateway on a real port, broker and store; the planner is played by the tests."""

import base64
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import aiohttp
import pytest
from nacl.public import PrivateKey
from pymongo import AsyncMongoClient

from services.gateway.app import compose
from services.gateway.settings import GatewaySettings
from shared.contracts.catalog import NodeType
from shared.health import HealthApp
from shared.ids import new_id
from shared.messaging import topology
from shared.messaging.broker import Bus
from shared.service import Service, _http
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.api import KEY, SECRET, Api, Planner
from tests.integration.gateway.identity.people import Town, town_of

VAULT_KEY = base64.urlsafe_b64encode(bytes(PrivateKey.generate().public_key)).decode()
NODE_TYPES = [
    NodeType(type="set", title="Set", description="", category="data", pool="core",
             config_schema={"type": "object", "properties": {"values": {"type": "object"}},
                            "required": ["values"], "additionalProperties": False}),
    NodeType(type="noop", title="No-op", description="", category="data", pool="core",
             config_schema={"type": "object", "properties": {}, "additionalProperties": False}),
    NodeType(type="webhook.respond", title="Respond", description="", category="control", pool="core",
             config_schema={"type": "object"}),
    NodeType(type="review", title="Review", description="", category="control", pool="core", waits=True,
             ports=["approve", "reject", "timeout"], config_schema={"type": "object"}),
    NodeType(type="signal", title="Signal", description="", category="control", pool="core", waits=True,
             ports=["out", "timeout"], config_schema={"type": "object"}),
    NodeType(type="try", title="Try", description="", category="control", pool="core", bodies=["graph"],
             ports=["out", "failure"],
             config_schema={"type": "object", "properties": {"graph": {"type": "object"}}}),
]  # fmt: skip


@pytest.fixture(scope="module")
async def gateway_store(mongo_url: str) -> AsyncIterator[Store]:
    """The gateway's database, with a small catalog."""
    name = f"weft_{secrets.token_hex(6)}"
    store = Store(urlunsplit(urlsplit(mongo_url)._replace(path=f"/{name}")))
    await store.prepare()
    await NodeTypes(store).put(NODE_TYPES)
    yield store
    await store.close()
    async with AsyncMongoClient(mongo_url) as client:
        await client.drop_database(name)


@pytest.fixture(scope="module")
async def serve(amqp_url: str, gateway_store: Store) -> Callable[..., Any]:
    """Starts a gateway as a service does: `async with serve(**settings) as service`."""

    @asynccontextmanager
    async def served(store: Store = gateway_store, **changes: Any) -> AsyncIterator[Service]:
        given = {
            "api_key": KEY,
            "secret": SECRET,
            "vault_public_key": VAULT_KEY,
            "port": 0,
            "amqp_url": amqp_url,
            **changes,
        }
        settings = GatewaySettings.model_validate(given)
        bus = Bus(settings.amqp_url, name="test-gateway", drain_s=1)
        service = Service(
            "gateway",
            new_id("gateway"),
            settings,
            bus,
            store,
            HealthApp({"broker": bus.ping}),
            ("", 0),
        )
        try:
            async with compose(service), _http(service):
                for prepare in service.prepare:
                    await prepare()
                await bus.start()
                service.health.started = True
                yield service
                await bus.stop_consuming()
                for drain in service.drain:
                    await drain()
        finally:
            await bus.close()

    return served


@pytest.fixture(scope="module")
async def gateway(serve: Callable[..., Any]) -> AsyncIterator[Service]:
    """A running gateway."""
    async with serve(heartbeat_s=0.5) as service:
        yield service


@pytest.fixture(scope="module")
async def api(gateway: Service) -> AsyncIterator[Api]:
    """A caller with the right key."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        yield Api(f"http://127.0.0.1:{gateway.listen[1]}", session)


@pytest.fixture(scope="module")
async def planner(amqp_url: str, gateway_store: Store) -> AsyncIterator[Planner]:
    """Stands in for the planner; its queues are deleted afterwards."""
    await _emptied(amqp_url)
    bus = Bus(amqp_url, name="test-planner", drain_s=1)
    planner = Planner(bus, gateway_store)
    await bus.start()
    yield planner
    await bus.stop_consuming()
    await bus.close()
    await _emptied(amqp_url)


async def _emptied(amqp_url: str) -> None:
    """What others have left for the planner is gone."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for partition in range(topology.PARTITIONS):
            await channel.queue_delete(topology.planner_queue(partition))


@pytest.fixture(scope="module")
async def town(gateway: Service) -> AsyncIterator[Town]:
    """Its people."""
    async with town_of(gateway) as town:
        yield town
