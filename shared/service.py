"""A service's main in ten lines: settings, logs, traces, broker, store, health, signals, graceful stop."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import uvloop
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.health import HealthApp
from shared.ids import new_id
from shared.messaging.broker import Bus
from shared.storage.mongo import Store
from shared.telemetry import logger, set_up_logs, set_up_traces

QUIET_S = 10
SAID_AGAIN_S = 1.0


class Settings(BaseSettings):
    """What every service reads from the environment; names are prefixed with `WEFT_`."""

    model_config = SettingsConfigDict(env_prefix="WEFT_", extra="ignore", populate_by_name=True)

    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    mongo_url: str = "mongodb://127.0.0.1:27017/weft"
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=9400, ge=0, le=65_535)
    log_level: str = "info"
    drain_s: float = Field(default=10, description="Seconds that work under way may take after SIGTERM")
    trace_sample: float = Field(default=0.1, ge=0, le=1)
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass
class Service:
    """What a service is composed from. `drain` is awaited between the last consumed message and the closing
    of the connections, `prepare` once the store answers and before anything is consumed. `app` replaces the
    plain health endpoint, on `listen`, over connections of the class `http`."""

    name: str
    id: str
    settings: Settings
    bus: Bus
    store: Store
    health: HealthApp
    listen: tuple[str, int]
    app: Any = None
    http: Any = "auto"
    drain: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    prepare: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)


Compose = Callable[[Service], AbstractAsyncContextManager[None]]


def run_service(name: str, settings: Settings, compose: Compose) -> None:
    """Run a service until SIGTERM or SIGINT. `compose` subscribes its handlers, and yields while it runs."""
    set_up_logs(name, settings.log_level)
    try:
        uvloop.run(_serve(name, settings, compose))
    except OSError as error:
        sys.exit(f"{name}: {error}")


async def _serve(name: str, settings: Settings, compose: Compose) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    traces = set_up_traces(name, settings.otlp_endpoint, settings.trace_sample)
    bus = Bus(settings.amqp_url, name=f"weft-{name}", drain_s=settings.drain_s)
    store = Store(settings.mongo_url, app=f"weft-{name}")
    service = Service(
        name,
        new_id(name),
        settings,
        bus,
        store,
        HealthApp({"broker": bus.ping, "store": store.ping}),
        (settings.health_host, settings.health_port),
    )
    async with compose(service), _http(service):
        working = asyncio.create_task(_work(service))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            await stopping
        service.health.started = False
        logger.info("service.stopping")
        await _stop(service, working)
    if traces:
        traces.shutdown()
    logger.info("service.stopped")


async def _work(service: Service) -> None:
    """Wait for the store and the broker, however long that takes, and start consuming."""
    preparing = [("store", each) for each in (service.store.prepare, *service.prepare)]
    for what, start in (*preparing, ("broker", service.bus.start)):
        wait_s = 0.2
        while True:
            try:
                await _saying(what, start())
                break
            except Exception as error:
                logger.warning("service.waiting", on=what, error=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, 5)
    gc.collect()
    gc.freeze()  # what was loaded stays: the collector need not look through it again and again
    gc.set_threshold(20_000, 20, 20)
    service.health.started = True
    logger.info("service.ready", listen=f"{service.listen[0]}:{service.listen[1]}")


async def _saying(what: str, start: Coroutine[Any, Any, None]) -> None:
    """Await it, and say now and then that it does not answer: silence would look like a service that
    hangs."""
    starting = asyncio.create_task(start)
    try:
        while not (await asyncio.wait({starting}, timeout=QUIET_S))[0]:
            logger.warning("service.waiting", on=what, error=f"no answer within {QUIET_S} s")
    except asyncio.CancelledError:
        await ended([starting])
        raise
    starting.result()


async def ended(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel these and return when they have ended: whoever is still with the store or the broker when those
    are closed may hang in their drivers. Drivers lose a cancel that comes when they are done anyway: it is
    said again until it is heard."""
    left = set(tasks)
    while left:
        for each in left:
            each.cancel()
        _, left = await asyncio.wait(left, timeout=SAID_AGAIN_S)


async def _stop(service: Service, *working: asyncio.Task[Any]) -> None:
    """Consumers first, then what is under way, then the connections."""
    try:
        async with asyncio.timeout(service.settings.drain_s):
            await ended(working)
            await service.bus.stop_consuming()
            for drain in service.drain:
                await drain()
    except TimeoutError:
        logger.warning("service.drain_timed_out", seconds=service.settings.drain_s)
    await service.bus.close()
    await service.store.close()


KEEP_ALIVE_S = 75
"""Longer than callers and balancers keep idle connections, so that none writes into one being closed."""


class _Server(uvicorn.Server):
    """Leaves signals to the service: SIGTERM means draining first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Entered by uvicorn around serving."""
        yield


@asynccontextmanager
async def _http(service: Service) -> AsyncIterator[None]:
    listener = socket.socket(socket.AF_INET6 if ":" in service.listen[0] else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(service.listen)
    except OSError as error:
        raise OSError(
            f"cannot listen on {service.listen[0]}:{service.listen[1]} ({error.strerror}); "
            "stop what uses this port or set another"
        ) from None
    service.listen = (service.listen[0], listener.getsockname()[1])
    server = _Server(
        uvicorn.Config(
            service.app or service.health,
            http=service.http,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # whom to believe is a setting of the gateway
            timeout_graceful_shutdown=3,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
