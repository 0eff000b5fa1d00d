"""The alarms of a RabbitMQ node of our own: short of memory, short of disk space."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.local.broker import Broker, find_server

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
