"""The bus as somebody with evil intent uses it: purges, poison, and every third delivery twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

import aio_pika
import orjson
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from shared.contracts.events import NodeReady, NodeTask, RunWoken
from shared.ids import now_ms
from shared.messaging import topology
from tests.chaos.caller import ChaosError

AWAY = (OSError, TimeoutError, AMQPError)
PATIENCE_S = 90
HUGE_BYTES = 20_000_000
MARK = "x-chaos"
POISON = "run_poison"
POOLS = ("core", "http")
WORK_KEYS = (*(f"{event}.*" for event in topology.PLANNER_EVENTS), "node.ready.#")


def planner_queues() -> list[str]:
    """Of all partitions."""
    return [topology.planner_queue(partition) for partition in range(topology.PARTITIONS)]


def executor_queues() -> list[str]:
    """Of all pools, both lanes."""
    return [topology.executor_queue(pool, lane) for pool in POOLS for lane in topology.LANES]


class Bus:
    """Everything here is tried again while the broker is away."""

    def __init__(self, url: str, random: Random) -> None:
        self._url = url
        self._random = random
        self.done: Counter[str] = Counter()

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel on a connection of its own."""
        async with await aio_pika.connect(self._url, timeout=5) as connection:
            yield await connection.channel(publisher_confirms=True)

    async def purge(self, queues: Sequence[str]) -> None:
        """Throw away all that waits in these queues."""
        for name in queues:
            await self._tried(name, self._purge)

    async def poison(self, queues: Sequence[str], huge: int) -> None:
        """Put poison into every queue, 20 MB of it into `huge` of them."""
        heavy = self._random.sample(list(queues), huge)
        for name in queues:
            await self._tried(name, self._flood)
            if name in heavy:
                await self._tried(name, self._weigh)

    async def double(self) -> None:
        """Send 30 % of all work messages a second time, until cancelled."""
        while True:
            with suppress(*AWAY):
                async with self.channel() as channel:
                    await self._doubling(channel)
            await asyncio.sleep(0.5)

    async def waiting(self, queue: str) -> int:
        """How many messages wait there."""
        async with self.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def _doubling(self, channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(topology.EXCHANGE, ensure=True)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        for key in WORK_KEYS:
            await queue.bind(exchange, key)
        async with queue.iterator(no_ack=True) as messages:
            async for message in messages:
                if MARK in message.headers or self._random.random() > 0.3:
                    continue
                await exchange.publish(_copy(message), message.routing_key or "", mandatory=False)
                self.done["doubled"] += 1

    async def _tried(self, queue: str, do) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        async with self.channel() as channel:
                            await do(channel, queue)
                        return
                    except AWAY:
                        await asyncio.sleep(0.5)
        except TimeoutError:
            raise ChaosError(f"waited {PATIENCE_S} s for the broker to let us at {queue}") from None

    async def _purge(self, channel: AbstractChannel, queue: str) -> None:
        found = await (await channel.get_queue(queue, ensure=False)).purge(timeout=10)
        self.done["purged"] += found.message_count or 0

    async def _flood(self, channel: AbstractChannel, queue: str) -> None:
        for body, kind in _poison(queue):
            await self._put(channel, queue, body, kind)

    async def _weigh(self, channel: AbstractChannel, queue: str) -> None:
        await self._put(channel, queue, b'{"run_id": "' + b"x" * HUGE_BYTES + b'"}', "run.woken")

    async def _put(self, channel: AbstractChannel, queue: str, body: bytes, kind: str | None) -> None:
        mark = f"{MARK}-{self._random.getrandbits(64):x}"
        message = aio_pika.Message(body, type=kind, message_id=mark, headers={MARK: 1}, delivery_mode=2)
        await channel.default_exchange.publish(message, queue, timeout=30)
        self.done["poison"] += 1


def _poison(queue: str) -> list[tuple[bytes, str | None]]:
    """Bad JSON, no type, a type of another queue, a wrong schema, a run that there is not."""
    unknown = RunWoken(run_id=f"{POISON}_1").model_dump_json().encode()
    bad = [(b'{"run_id": ', "run.woken"), (unknown, None), (unknown, "node.cancelled")]
    bad += [(b'{"run_id": 7, "nodes": "?"}', kind) for kind in ("run.woken", "node.ready")]
    if not queue.startswith("exec."):
        return [*bad, (unknown, "run.woken")]
    pool = queue.split(".")[2]
    work = NodeTask(node="a", type="noop", attempt=1, config="{}", timeout_s=60)
    ready = NodeReady(
        run_id=f"{POISON}_2", workspace_id="default", pool=pool,
        side_effects="none", nodes=[work], sent_at=now_ms(),
    )  # fmt: skip
    return [*bad, (orjson.dumps(ready.model_dump(by_alias=True)), "node.ready")]


def _copy(message: AbstractIncomingMessage) -> aio_pika.Message:
    return aio_pika.Message(
        message.body,
        type=message.type,
        content_type=message.content_type,
        message_id=message.message_id,
        headers={**message.headers, MARK: 1},
        delivery_mode=message.delivery_mode,
    )
