"""A RabbitMQ node of our own: loopback only, free ports, data in the state folder, run as whoever runs us."""

import asyncio
import hashlib
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.local.home import LOOPBACK, LocalError, free_port, private_folder, write_private
from services.local.process import Child, Process, start

BOOT_S = 60
# Its register of quorum queues reaches the disk half a second after a declaration.
REGISTER_S = 1
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
USER = "weft"
SERVERS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server")
MISSING = (
    "RabbitMQ is not installed: install it (Debian and Ubuntu: `apt-get install rabbitmq-server`), "
    "set WEFT_AMQP_URL to a broker you have, or use `docker compose up`"
)
# No busy waiting in idle schedulers: on a small machine that costs the services their processor.
# The plain allocators save 30 MB of 150 for a few percent of the node's processor time (measured).
# Its log is opened so that a write returns when it is on the disk: one call and one change of thread instead
# of two (a quarter less time from publication to delivery, measured).
ERLANG_FLAGS = "+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2 +Mea min -ra wal_write_strategy o_sync"


@dataclass(frozen=True)
class Broker:
    """A node that has been started: its AMQP URL and its processes by name."""

    url: str
    port: int
    folder: Path
    fresh: bool
    processes: dict[str, Process]

    async def ready(self) -> None:
        """Return once clients are served; raises LocalError when that does not come to pass."""
        await self.processes["broker"].ready(lambda: _probe(self.port), within_s=BOOT_S, hint=self.hint)

    @property
    def hint(self) -> str:
        """What to do when it, or its queues, do not come up however often they are started."""
        return f"If its data is damaged, remove {self.folder}: unfinished runs are taken up from the store."

    async def settled(self) -> None:
        """Return once queues that were just declared for the first time outlive a kill."""
        if self.fresh:
            await asyncio.sleep(REGISTER_S)


@asynccontextmanager
async def embedded_broker(home: Path) -> AsyncIterator[Broker]:
    """A node with its data in `home`; raises LocalError when RabbitMQ is missing or does not come up."""
    async with starting_broker(home) as broker:
        await broker.ready()
        yield broker


@asynccontextmanager
async def starting_broker(home: Path) -> AsyncIterator[Broker]:
    """The same, not ready yet: its clients may start meanwhile."""
    folder = private_folder(home / "rabbitmq")
    fresh = not (folder / "data").exists()
    port, epmd_port, password = free_port(), free_port(), _password(folder)
    env = _environment(folder, port, epmd_port, password)
    epmd = await start(Child("epmd", "Erlang's port mapper", [_epmd(), "-port", str(epmd_port)], env, home))
    try:
        # A node that is killed before it has written its register would not get its new queues up again.
        node = await start(Child("broker", "RabbitMQ", [_server()], env, home, if_orphaned=signal.SIGTERM))
        try:
            url = f"amqp://{USER}:{password}@{LOOPBACK}:{port}/"
            yield Broker(url, port, folder, fresh, {"broker": node, "epmd": epmd})
        finally:
            await node.stop(grace_s=20)
    finally:
        await epmd.stop()


def find_server() -> str | None:
    """The path of RabbitMQ's own start script, which works as any user; None when it is not installed."""
    candidates = (*SERVERS, shutil.which("rabbitmq-server"))
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None)


def _server() -> str:
    server = find_server()
    if server is None:
        raise LocalError(MISSING)
    return server


def _epmd() -> str:
    bundled = sorted(str(path) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    epmd = shutil.which("epmd") or next(iter(bundled), None)
    if epmd is None:
        raise LocalError(MISSING)
    return epmd


def _password(folder: Path) -> str:
    """Made once; the node knows it from its first start on."""
    file = folder / "password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text().strip()


def _environment(folder: Path, port: int, epmd_port: int, password: str) -> dict[str, str]:
    """Settings for the node alone; nothing of the machine's own RabbitMQ is read."""
    name = f"weft-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}@localhost"
    write_private(folder / "rabbitmq.conf", _config(port, password))
    write_private(folder / "enabled_plugins", "[].\n")
    # Started with its name, the node skips the start of a second Erlang just to look for epmd: 2.5 s of 7.
    distribution = f"-sname {name} -start_epmd false -kernel inet_dist_use_interface {{127,0,0,1}}"
    ours = {
        "HOME": str(folder), "RABBITMQ_NODENAME": name, "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_LOG_BASE": str(folder), "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{ERLANG_FLAGS} {distribution}",
        # The script then becomes the node instead of waiting for it, so that our signals reach the node.
        "RUNNING_UNDER_SYSTEMD": "true",
        "ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": LOOPBACK, "ERL_CRASH_DUMP_BYTES": "0",
    }  # fmt: skip
    inherited = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TMPDIR") if key in os.environ}
    return {**inherited, **ours}


def _config(port: int, password: str) -> str:
    return f"""\
listeners.tcp.1 = {LOOPBACK}:{port}
default_user = {USER}
default_pass = {password}
log.console.level = warning
log.connection.level = error
raft.wal_max_size_bytes = 16777216
vm_memory_high_watermark.relative = 0.4
"""


async def _probe(port: int) -> str:
    """Content when the node greets an AMQP client: it listens only when all else is up."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return f"nothing listens on {LOOPBACK}:{port} yet"
    try:
        writer.write(PROTOCOL_HEADER)
        return "" if await reader.read(8) else "it closed the connection"
    except OSError as error:
        return str(error)
    finally:
        writer.close()
