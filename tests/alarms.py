"""A broker and a store of our own that run out of memory or disk space."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from services.local.broker import Broker, find_server
from services.local.store import EmbeddedStore

ENOUGH = "1000"
TOO_LITTLE = "900000GB"


async def control(broker: Broker, *words: str) -> str:
    """What `rabbitmqctl` answers; raises AssertionError when it fails."""
    server = find_server()
    assert server is not None
    tool, env = str(Path(server).with_name("rabbitmqctl")), dict(broker.processes["broker"].child.env)
    # Started as the node is, the tool would take itself for it.
    named = {key: value for key, value in env.items() if key != "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"}
    asked = await asyncio.create_subprocess_exec(
        tool, "-q", "-n", env["RABBITMQ_NODENAME"], *words, env=named,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = (await asked.communicate())[0].decode(errors="replace")
    assert asked.returncode == 0, said
    return said


@asynccontextmanager
async def short_of_disk(broker: Broker) -> AsyncIterator[None]:
    """The node believes that its disk is full."""
    await control(broker, "set_disk_free_limit", TOO_LITTLE)
    try:
        yield
    finally:
        await control(broker, "set_disk_free_limit", ENOUGH)


@asynccontextmanager
async def short_of_memory(broker: Broker) -> AsyncIterator[None]:
    """The node believes that it has used up its memory."""
    await control(broker, "set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield
    finally:
        await control(broker, "set_vm_memory_high_watermark", "0.4")


@contextmanager
def full(embedded: EmbeddedStore) -> Iterator[None]:
    """No file of the store may grow, as when its disk has no space left."""
    pid, unlimited = embedded.processes["store"].pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, unlimited))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
