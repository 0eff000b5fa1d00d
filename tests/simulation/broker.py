"""The broker, in memory: what `shared/messaging/broker.py` offers on its topology. Messages come late, in
another order, twice, again after their consumer was lost, or (until it is calm) never."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.events import Message
from shared.messaging import topology
from shared.messaging.broker import Delivery, Handler
from tests.simulation.luck import LATER_S, Luck
from tests.simulation.virtual import Process

ACK_S = 0.05


@dataclass(eq=False)
class Sent:
    """A message in a queue."""

    model: type[Message]
    body: bytes
    trace: str
    sure: bool
    redelivered: bool = False


@dataclass(eq=False)
class Consumer:
    """A process at a queue, until it or its connection is lost."""

    queue: "Queue"
    process: Process
    handler: Handler
    prefetch: int
    open: bool = True
    unacked: dict[Sent, None] = field(default_factory=dict[Sent, None])


@dataclass(eq=False)
class Queue:
    """Of one with a single active consumer, only the first gets anything."""

    name: str
    single_active: bool = False
    transient: bool = False
    waiting: list[Sent] = field(default_factory=list[Sent])
    consumers: list[Consumer] = field(default_factory=list[Consumer])


@dataclass
class Heard:
    """Called with what is published or shown, with what was handled, and with why a message is a dead
    letter."""

    published: Callable[[Message, Process], None]
    handled: Callable[[Message, Process], None]
    dead: Callable[[Message, Exception], None]


class Broker:
    """All queues, and who consumes them."""

    def __init__(self, luck: Luck, heard: Heard) -> None:
        self.luck = luck
        self.heard = heard
        self.queues: dict[str, Queue] = {}
        self.bound: dict[str, list[Queue]] = {}
        for partition in range(topology.PARTITIONS):
            keys = topology.planner_bindings(partition)
            self.declare(topology.planner_queue(partition), keys, single_active=True)

    def declare(
        self, name: str, keys: Sequence[str], *, single_active: bool = False, transient: bool = False
    ) -> Queue:
        """The queue, bound to these keys."""
        if name not in self.queues:
            self.queues[name] = queue = Queue(name, single_active, transient)
            for key in keys:
                self.bound.setdefault(key, []).append(queue)
        return self.queues[name]

    @property
    def idle(self) -> bool:
        """Whether no message that counts is waiting or under way."""
        return not any(
            queue.waiting or any(each.unacked for each in queue.consumers)
            for queue in self.queues.values()
            if not queue.transient
        )

    def route(self, message: Message, key: str, trace: str, by: Process, *, sure: bool = False) -> None:
        """Put it wherever it belongs, unless it gets lost; perhaps twice."""
        self.heard.published(message, by)
        body = message.model_dump_json(by_alias=True, exclude_defaults=True).encode()
        for queue in self.bound.get(key, ()):
            lost = not sure and self.luck.strikes(self.luck.trouble.lose)
            copies = 0 if lost else 2 if self.luck.strikes(self.luck.trouble.double) else 1
            queue.waiting += [Sent(type(message), body, trace, sure) for _ in range(copies)]
            self._pump(queue)

    def consume(self, queue: Queue, process: Process, handler: Handler, prefetch: int) -> None:
        """Begin to hand out what the queue holds. Who comes later may come first: so it is when queues are
        shared out anew, and the one before still works on what it has."""
        place = self.luck.chance.randint(0, len(queue.consumers))
        queue.consumers.insert(place, Consumer(queue, process, handler, prefetch))
        self._pump(queue)

    def lose(self, process: Process) -> None:
        """A connection is lost: what it had is handed out again."""
        for queue in list(self.queues.values()):
            for consumer in [each for each in queue.consumers if each.process is process]:
                consumer.open = False
                queue.consumers.remove(consumer)
                left = [each for each in consumer.unacked if each.sure or not self._wiped()]
                for sent in left:
                    sent.redelivered = True
                queue.waiting[:0] = left
            if queue.transient and not queue.consumers:
                queue.waiting.clear()
            self._pump(queue)

    def move(self) -> None:
        """Planners share their queues out anew; each goes on with what it has."""
        for queue in self.queues.values():
            if queue.single_active and len(queue.consumers) > 1:
                self.luck.chance.shuffle(queue.consumers)
                self._pump(queue)

    def _wiped(self) -> bool:
        return self.luck.strikes(self.luck.trouble.wipe)

    def _pump(self, queue: Queue) -> None:
        while queue.waiting and queue.consumers:
            candidates = queue.consumers[:1] if queue.single_active else queue.consumers
            free = [each for each in candidates if len(each.unacked) < each.prefetch]
            if not free:
                return
            consumer = free[0] if len(free) == 1 else self.luck.chance.choice(free)
            sent = queue.waiting.pop(0)
            consumer.unacked[sent] = None
            consumer.process.spawn(self._deliver(consumer, sent))

    async def _deliver(self, consumer: Consumer, sent: Sent) -> None:
        if not consumer.queue.single_active or self.luck.chance.random() < 0.5:
            await asyncio.sleep(self.luck.delay_s())
        if self.luck.strikes(self.luck.trouble.delay):
            await asyncio.sleep(self.luck.chance.uniform(0, 1))
        await consumer.process.gate()
        if not consumer.open:
            return
        message = sent.model.model_validate_json(sent.body)

        def acknowledge() -> None:
            consumer.process.spawn(self._acknowledge(consumer, sent))

        delivery = Delivery(message, sent.trace, _RAW, sent.redelivered, acknowledge)
        try:
            await consumer.handler(delivery)
        except Exception as error:
            self.heard.dead(message, error)
            consumer.unacked.pop(sent, None)
            return
        self.heard.handled(message, consumer.process)
        await self._acknowledge(consumer, sent)

    async def _acknowledge(self, consumer: Consumer, sent: Sent) -> None:
        if self.luck.chance.random() < 0.3:
            await asyncio.sleep(self.luck.chance.uniform(0, ACK_S))
        await consumer.process.gate()
        if consumer.open and sent in consumer.unacked:
            del consumer.unacked[sent]
            self._pump(consumer.queue)


_RAW: Any = None


class MemoryBus:
    """The bus as one process sees it; see `shared.messaging.broker.Bus`."""

    def __init__(self, broker: Broker, process: Process, *, mortal: bool = True) -> None:
        self._broker = broker
        self._process = process
        self._mortal = mortal
        self._wanted: list[tuple[Queue, Handler, int]] = []

    def subscribe(
        self,
        queue: str,
        handler: Handler,
        models: Sequence[type[Message]],
        *,
        bindings: Sequence[str],
        prefetch: int,
        single_active: bool = False,
        transient: bool = False,
    ) -> None:
        declared = self._broker.declare(queue, bindings, single_active=single_active, transient=transient)
        self._wanted.append((declared, handler, prefetch))

    async def start(self) -> None:
        """Consume; again after the connection was lost."""
        for wanted in self._wanted:
            self._broker.consume(wanted[0], self._process, wanted[1], wanted[2])

    async def publish(self, message: Message, key: str, *, trace: str = "", sure: bool = False) -> None:
        broker, luck, process = self._broker, self._broker.luck, self._process
        await process.gate()
        fate = luck.fate(mortal=self._mortal)
        if fate == "killed_before":
            process.kill()
            raise asyncio.CancelledError
        if luck.chance.random() < 0.5:
            await asyncio.sleep(luck.delay_s())
        if key not in broker.bound:
            raise ConnectionError(f"no queue takes {key}")
        if fate in ("late", "killed_under_way"):
            later = luck.chance.uniform(0, LATER_S)
            loop = asyncio.get_running_loop()
            loop.call_later(later, lambda: broker.route(message, key, trace, process, sure=sure))
        if fate == "killed_under_way":
            process.kill()
            raise asyncio.CancelledError
        if fate in ("refused", "late"):
            await process.gate()
            raise ConnectionError("the broker is away")
        broker.route(message, key, trace, process, sure=sure)
        if fate == "killed_after":
            process.kill()
        await process.gate()
        if fate == "unknown":
            raise ConnectionError("the broker went away before it confirmed")

    async def show(self, message: Message, key: str, *, trace: str = "") -> None:
        await self._process.gate()
        if self._broker.luck.strikes(self._broker.luck.trouble.fail):
            raise ConnectionError("the broker is away")
        self._broker.route(message, key, trace, self._process)

    async def ensure_executor_queues(self, pool: str) -> None:
        for lane in topology.LANES:
            self._broker.declare(topology.executor_queue(pool, lane), [topology.ready_key(pool, lane)])
