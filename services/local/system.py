"""The whole system on this machine: broker, store and the five services, up together and down together."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from services.local.broker import Broker, starting_broker
from services.local.files import serving_examples
from services.local.home import LOOPBACK, LocalError, free_port, given_together, is_free
from services.local.process import Child, Process, ended, start
from services.local.state import LocalSystem, api_key, kept_secret, only_one, write_local
from services.local.store import embedded_store
from services.local.vault_keys import vault_settings

ROOT = Path(__file__).parents[2]
SERVICES = ("gateway", "planner", "runner", "connectors", "assistant")
ANY_HOST = ("0.0.0.0", "::")
BOOT_S = 60
PROBE_S = 2
MOST_RESTARTS, RESTARTS_WITHIN_S = 5, 60
STEADY_S = 5
"""Who has lived that long was well; that it ended is not for lack of something to begin with."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10
KEPT = {"WEFT_SECRET": "secret", "WEFT_OWNER_PASSWORD": "owner_password"}
"""What is drawn at the first start and kept in a file of the state folder."""
ONLY_FOR = {
    **dict.fromkeys(("WEFT_API_KEY", "WEFT_PREVIOUS_SECRETS", "WEFT_VAULT_PUBLIC_KEY", *KEPT), "gateway"),
    "WEFT_OIDC_CLIENT_SECRET": "gateway",
    **dict.fromkeys(("WEFT_VAULT_KEYS", "WEFT_SMTP_URL"), "connectors"),
}
"""What only one service gets to see."""

Say = Callable[[str], None]


@dataclass
class System:
    """A system that is up; `about` is what `local.json` says of it, but for the pids."""

    home: Path
    about: LocalSystem
    processes: dict[str, Process]
    say: Say

    @property
    def pids(self) -> dict[str, int]:
        """Every process by name; `up` is this one."""
        return {"up": os.getpid(), **{name: process.pid for name, process in self.processes.items()}}

    def publish(self) -> None:
        """Write `local.json` anew."""
        write_local(self.home, replace(self.about, pids=self.pids))

    async def watch(self) -> None:
        """Restart children that end, for ever; raises LocalError when one ends too often."""
        try:
            async with asyncio.TaskGroup() as group:
                for process in self.processes.values():
                    group.create_task(self._keep(process))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _keep(self, process: Process) -> None:
        """Restart one child whenever it ends, later each time; its fifth early end within a minute is the
        last."""
        ends: deque[float] = deque(maxlen=MOST_RESTARTS)
        while True:
            started = time.monotonic()
            how, now = ended(await process.wait()), time.monotonic()
            if now - started >= STEADY_S:
                ends.clear()
            ends.append(now)
            recent = sum(now - end < RESTARTS_WITHIN_S for end in ends)
            if recent == MOST_RESTARTS:
                what = f"has ended {recent} times within {RESTARTS_WITHIN_S} s (last: {how})"
                raise LocalError(process.trouble(what, "The system stops."))
            wait_s = min(FIRST_WAIT_S * 4 ** (recent - 1), LONGEST_WAIT_S)
            self.say(f"{process.child.title} ended ({how}); starting it again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)
            await process.restart()
            self.publish()


@asynccontextmanager
async def running_system(
    home: Path,
    *,
    port: int,
    say: Say,
    http_allow: str = "",
    host: str = LOOPBACK,
    settings: Mapping[str, str] | None = None,
    replicas: Mapping[str, int] | None = None,
) -> AsyncIterator[System]:
    """Bring everything up, gateway on `port`, and down again; raises LocalError when something is in the way.

    WEFT_AMQP_URL and WEFT_MONGO_URL replace broker and store. `http_allow` opens addresses; `settings` are
    further environment variables of the services. `replicas` says of which service there are several: the
    second planner is `planner-2`."""
    key, _ = api_key(home), given_together("WEFT_SMTP_URL", "WEFT_SMTP_FROM")
    with only_one(home), serving_examples() as examples_url:
        if not is_free(port, host):
            raise LocalError(
                f"port {port} on {host} is taken by another program (`ss -ltnp` names it): "
                "stop that program, or set WEFT_PORT to a free port"
            )
        async with _backends(home, say) as backends:
            allow = ",".join(filter(None, [http_allow, examples_url.removeprefix("http://")]))
            own = {"WEFT_API_KEY": key, "WEFT_HTTP_ALLOW": allow, **(settings or {})}
            kept = {name: kept_secret(home, name, file) for name, file in KEPT.items()} | vault_settings(home)
            listen = {"WEFT_HOST": host, "WEFT_PORT": str(port), "WEFT_HEALTH_HOST": host}
            seen_host = LOOPBACK if host in ANY_HOST else host
            public = {"WEFT_PUBLIC_URL": f"http://{seen_host}:{port}"}
            env = public | os.environ | backends.urls | kept | own | listen
            about = _about(env, seen_host, examples_url, _names(replicas or {}))
            say(f"starting {', '.join(about.ready_urls)}")
            async with _services(home, env, about.ready_urls, backends.broker) as services:
                system = System(home, about, services | backends.processes, say)
                system.publish()
                try:
                    yield system
                finally:
                    (home / "local.json").unlink(missing_ok=True)
                    say("stopping")


@dataclass
class _Backends:
    """Where broker and store are, and those of their processes that are ours."""

    urls: dict[str, str]
    processes: dict[str, Process]
    broker: Broker | None = None


@asynccontextmanager
async def _backends(home: Path, say: Say) -> AsyncIterator[_Backends]:
    """Broker and store, ours where the environment names none. The broker may not be ready yet: it takes as
    long as the services do, which can start meanwhile."""
    found = _Backends({}, {})
    async with AsyncExitStack() as stack:
        if not os.environ.get("WEFT_AMQP_URL"):
            say("starting RabbitMQ")
            broker = await stack.enter_async_context(starting_broker(home))
            found.urls["WEFT_AMQP_URL"] = broker.url
            found.processes.update(broker.processes)
            found.broker = broker
        if not os.environ.get("WEFT_MONGO_URL"):
            say("starting the store")
            store = await stack.enter_async_context(embedded_store(home))
            found.urls["WEFT_MONGO_URL"] = f"{store.url}/weft"
            found.processes.update(store.processes)
        yield found


def _names(replicas: Mapping[str, int]) -> list[str]:
    """Every process by its name: the first of a service has the service's."""
    return [
        name if number == 1 else f"{name}-{number}"
        for name in SERVICES
        for number in range(1, replicas.get(name, 1) + 1)
    ]


def _about(env: Mapping[str, str], host: str, examples_url: str, names: Sequence[str]) -> LocalSystem:
    ports = {name: env["WEFT_PORT"] if name == "gateway" else free_port() for name in names}
    return LocalSystem(
        url=f"http://{host}:{ports['gateway']}", api_key=env["WEFT_API_KEY"], examples_url=examples_url,
        amqp_url=env["WEFT_AMQP_URL"], mongo_url=env["WEFT_MONGO_URL"],
        ready_urls={name: f"http://{host}:{number}/readyz" for name, number in ports.items()},
    )  # fmt: skip


@asynccontextmanager
async def _services(
    home: Path, env: Mapping[str, str], ready_urls: Mapping[str, str], broker: Broker | None
) -> AsyncIterator[dict[str, Process]]:
    """All of them, ready, as is the broker when it is ours; stopped together at the end."""
    started: dict[str, Process] = {}
    try:
        for name, url in ready_urls.items():
            service, own_port = name.partition("-")[0], str(urlsplit(url).port)
            mine = {name: value for name, value in env.items() if service in ONLY_FOR.get(name, service)}
            own = {**mine, "PYTHONPATH": str(ROOT), "WEFT_PORT": own_port, "WEFT_HEALTH_PORT": own_port}
            child = Child(name, f"The {name}", [sys.executable, "-m", f"services.{service}"], own, home)
            started[name] = await start(child)
        try:
            async with asyncio.TaskGroup() as group:
                if broker:
                    group.create_task(broker.ready())
                for name, process in started.items():
                    probe, hint = _probe(ready_urls[name]), broker.hint if broker else ""
                    group.create_task(process.ready(probe, within_s=BOOT_S, hint=hint))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if broker:
            await broker.settled()
        yield started
    finally:
        await asyncio.gather(*(process.stop() for process in started.values()))


def _probe(url: str) -> Callable[[], "asyncio.Future[str]"]:
    """Asks a service's `/readyz`."""
    loop = asyncio.get_running_loop()
    return lambda: loop.run_in_executor(None, readiness, url)


def readiness(url: str) -> str:
    """What keeps a service from being ready, in its own words; empty when nothing does."""
    try:
        with urlopen(url, timeout=PROBE_S) as answer:
            return "" if answer.status == 200 else f"{url} answers {answer.status}"
    except HTTPError as error:
        with error:
            return f"{url} answers {error.code}: {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"
