"""The real parts that tests run on: one broker node and one store a session, in a folder of its own."""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
import hypothesis
import pytest
import structlog
from hypothesis import HealthCheck
from pymongo import AsyncMongoClient

from services.local.broker import Broker, embedded_broker
from services.local.home import free_port
from services.local.store import embedded_store
from services.local.system import running_system
from shared.messaging.topology import LANES, NOTIFY_QUEUE, PARTITIONS, executor_queue, planner_queue
from shared.storage.mongo import Store
from tests.e2e.otlp import Spans, receiving
from tests.smtp_server import MailBox, mail_server

POOLS = ("core", "http", "code", "email", "slack", "webhook")

# The same examples each time, however slow the machine: what is refused is refused because of a change.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# Others each time: pytest --hypothesis-profile=hunt
hypothesis.settings.register_profile("hunt", hypothesis.settings.get_profile("suite"), derandomize=False)
hypothesis.settings.load_profile("suite")

# Tracebacks as Python prints them: with all variables in colours, each would hold up the loop for seconds.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])


@pytest.fixture(scope="session")
def weft_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the session's broker and store."""
    return tmp_path_factory.mktemp("weft")


@pytest.fixture(scope="session")
async def own_broker(weft_home: Path) -> AsyncIterator[Broker | None]:
    """A broker node for this session, unless WEFT_AMQP_URL names one."""
    if os.environ.get("WEFT_AMQP_URL"):
        yield None
        return
    async with embedded_broker(weft_home) as broker:
        yield broker


@pytest.fixture(scope="session")
async def amqp_url(own_broker: Broker | None) -> str:
    """A real broker: WEFT_AMQP_URL when set, else the session's own."""
    return own_broker.url if own_broker else os.environ["WEFT_AMQP_URL"]


@pytest.fixture
async def node(own_broker: Broker | None) -> Broker:
    """A broker whose alarms can be raised."""
    if own_broker is None:
        pytest.skip("WEFT_AMQP_URL names a broker that is not ours to alarm")
    return own_broker


@pytest.fixture(scope="session")
async def mongo_url(weft_home: Path) -> AsyncIterator[str]:
    """A real store: WEFT_MONGO_URL when set, else the embedded one. `store_url` is a fresh database in it."""
    if url := os.environ.get("WEFT_MONGO_URL"):
        yield url
        return
    async with embedded_store(weft_home) as store:
        yield store.url


@pytest.fixture
async def store_url(mongo_url: str) -> AsyncIterator[str]:
    """The URL of a fresh database, dropped afterwards."""
    name = f"weft_{secrets.token_hex(6)}"
    parts = urlsplit(mongo_url)
    yield urlunsplit(parts._replace(path=f"/{name}"))
    async with AsyncMongoClient(mongo_url) as client:
        await client.drop_database(name)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """A store with a fresh database and its indexes."""
    store = Store(store_url)
    await store.prepare()
    yield store
    await store.close()


@pytest.fixture
async def drop_queues(amqp_url: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Deletes the queues it is called with; after the test all of planner and executors are deleted."""

    async def drop(*names: str) -> None:
        connection = await aio_pika.connect(amqp_url)
        async with connection:
            for name in names:
                channel = await connection.channel()
                await channel.queue_delete(name)
                await channel.close()

    yield drop
    planner = [planner_queue(partition) for partition in range(PARTITIONS)]
    await drop(NOTIFY_QUEUE, *planner, *(executor_queue(pool, lane) for pool in POOLS for lane in LANES))


@pytest.fixture(scope="session")
async def spans() -> AsyncIterator[Spans]:
    """Collects the spans of `system`: an OTLP/HTTP receiver."""
    async with receiving() as spans:
        yield spans


@pytest.fixture(scope="session")
async def box() -> AsyncIterator[MailBox]:
    """Takes the mails of `system`, from whoever knows the password."""
    async with mail_server(f"cANAry/mail+{secrets.token_urlsafe(9)}") as box:
        yield box


@pytest.fixture(scope="session")
def oidc() -> dict[str, str]:
    """Where `system` looks for its OpenID provider, and what it says there; nobody is there yet."""
    return {
        "WEFT_OIDC_ISSUER": f"http://localhost:{free_port()}",
        "WEFT_OIDC_CLIENT_ID": "weft",
        "WEFT_OIDC_CLIENT_SECRET": f"cANAry/oidc+{secrets.token_urlsafe(9)}",
        "WEFT_OIDC_DOMAINS": "corp.example",
    }


@pytest.fixture(scope="session")
async def system(
    tmp_path_factory: pytest.TempPathFactory, spans: Spans, box: MailBox, oidc: dict[str, str]
) -> AsyncIterator[dict[str, Any]]:
    """Everything up, with a broker and a store of its own: what `local.json` holds. Children that end are
    started again. The connectors may call loopback, and every trace is recorded."""
    home = tmp_path_factory.mktemp("system")
    tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": spans.url, "WEFT_TRACE_SAMPLE": "1"}
    often = {"WEFT_STUCK_ROUND_S": "3", "WEFT_MAX_BODY_MB": "100"}
    user = f"weft:{quote(box.password, safe='')}@"
    mail = {"WEFT_SMTP_URL": box.url(user), "WEFT_SMTP_FROM": "Weft <weft@example.com>"}
    settings = {**tracing, **often, **mail, **oidc, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    allowed = {"http_allow": "127.0.0.1", "settings": settings}
    async with running_system(home, port=free_port(), say=logging.info, **allowed) as running:
        watching = asyncio.create_task(running.watch())
        yield {**asdict(running.about), "pids": running.pids, "home": home}
        watching.cancel()
