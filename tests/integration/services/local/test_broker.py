"""The embedded broker node: messages that outlive a kill, and clear words when it cannot start."""

import os
import signal
import stat
from pathlib import Path

import aio_pika
import pytest

from services.local import broker
from services.local.broker import embedded_broker
from services.local.home import LocalError
from tests.waiting import until

QUEUE = "kept.v1"


async def declared(channel: aio_pika.abc.AbstractChannel) -> aio_pika.abc.AbstractQueue:
    return await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})


def registered(data: Path) -> bool:
    """Whether the node has the queue in its register on disk. (RabbitMQ writes that up to half a second after
    the declaration, and a kill before it leaves the queue without a leader for good.)"""
    return any(QUEUE.encode() in file.read_bytes() for file in data.glob("*/quorum/*/names.dets"))


async def test_a_confirmed_message_outlives_a_kill_of_the_node(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path) as node:
        async with await aio_pika.connect(node.url) as connection:
            channel = await connection.channel()
            await declared(channel)
            message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, QUEUE)
            await until(lambda: registered(tmp_path / "rabbitmq" / "data"))
        process = node.processes["broker"]
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    async with embedded_broker(tmp_path) as node, await aio_pika.connect(node.url) as connection:
        queue = await declared(await connection.channel())
        received = await queue.get(timeout=30)
        assert received
        assert received.body == b"kept"


async def test_its_secrets_are_its_owners_alone(amqp_url: str, weft_home: Path) -> None:
    for name in ("password", "rabbitmq.conf"):
        assert stat.S_IMODE((weft_home / "rabbitmq" / name).stat().st_mode) == 0o600


async def test_damaged_data_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "rabbitmq").mkdir()
    (tmp_path / "rabbitmq" / "data").write_text("this was a folder")
    with pytest.raises(LocalError, match=rf"RabbitMQ stopped while starting .*remove {tmp_path}/rabbitmq"):
        async with embedded_broker(tmp_path):
            pass


async def test_without_rabbitmq_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "SERVERS", ())
    monkeypatch.setattr(broker.shutil, "which", lambda _: None)
    with pytest.raises(LocalError, match=r"not installed: .*apt-get install rabbitmq-server.*docker compose"):
        async with embedded_broker(tmp_path):
            pass
