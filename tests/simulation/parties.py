"""The processes of a world: planners and executors as their services put them together. They are killed,
start again under another name, stand still for a while, and lose their connections."""

from collections.abc import Callable
from typing import Any, Protocol

from services.planner.parts import build
from shared.contracts.events import PLANNER_MESSAGES, NodeReady, NodesCancelled
from shared.contracts.version import PinnedGraph
from shared.execute import Executor
from shared.messaging import topology
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads
from tests.simulation.broker import Broker, MemoryBus
from tests.simulation.laws import Laws
from tests.simulation.luck import Luck
from tests.simulation.nodes import Trees, node_types
from tests.simulation.store import Documents, MemoryStore
from tests.simulation.virtual import Process, VirtualLoop

PREFETCH = 50
SLOTS = 10
EARLY_S = 6.0
"""By then most has happened."""


class Around(Protocol):
    """What a process is put into."""

    loop: VirtualLoop
    luck: Luck
    documents: Documents
    broker: Broker
    laws: Laws

    def graph_of(self, version_id: str) -> PinnedGraph:
        """The graph of a version, or of a body in one."""
        ...

    def note(self, text: str) -> None:
        """Something has happened."""
        ...


class Parties:
    """All processes there are, and what happens to them."""

    def __init__(self, world: Around) -> None:
        self._world = world
        self._buses: dict[Process, MemoryBus] = {}
        self._count = 0
        self._ended = False

    def begin(self) -> None:
        """Start all of them, and have it happen."""
        trouble, chance, loop = self._world.luck.trouble, self._world.luck.chance, self._world.loop
        for _ in range(trouble.planners):
            self.start("planner", self._planner)
        for _ in range(trouble.executors):
            self.start("executor", self._executor)
        for _ in range(trouble.stops):
            loop.call_later(chance.uniform(0, trouble.until_s), self._stop)
        for _ in range(trouble.breaks):
            loop.call_later(chance.uniform(0, trouble.until_s), self._disconnect)
        for _ in range(trouble.moves):
            loop.call_later(chance.uniform(0, min(trouble.until_s, EARLY_S)), self._world.broker.move)

    def end(self) -> None:
        """Kill all; nobody follows."""
        self._ended = True
        for process in list(self._buses):
            process.died = lambda: None
            process.kill()

    @property
    def at_work(self) -> bool:
        """Whether somebody stands still, who will go on."""
        return any(each.stopped for each in self._buses)

    def start(self, kind: str, compose: Callable[[Process, Any, Any], None]) -> None:
        """A process begins; another one follows it when it is killed."""
        if self._ended:
            return
        self._count += 1
        chance, trouble = self._world.luck.chance, self._world.luck.trouble
        skew_s = chance.uniform(-trouble.skew_s, trouble.skew_s)
        process = Process(f"{kind}_{self._count}", self._world.loop, skew_s)
        process.died = lambda: self._died(process, kind, compose)
        bus = self._buses[process] = MemoryBus(self._world.broker, process)
        compose(process, MemoryStore(self._world.documents, process), bus)
        process.spawn(bus.start())
        self._world.note(f"{process.name} starts")

    def _died(self, process: Process, kind: str, compose: Callable[[Process, Any, Any], None]) -> None:
        self._world.note(f"{process.name} is killed")
        self._buses.pop(process)
        loop, chance = self._world.loop, self._world.luck.chance
        loop.call_later(chance.choice((0, 0.5)), self._world.broker.lose, process)
        loop.call_later(chance.uniform(0.1, 4), self.start, kind, compose)

    def _planner(self, process: Process, store: Any, bus: Any) -> None:
        core, clock = build(process.name, store, bus, public_url="")
        for partition in range(topology.PARTITIONS):
            bus.subscribe(
                topology.planner_queue(partition),
                core.on_message,
                PLANNER_MESSAGES,
                bindings=topology.planner_bindings(partition),
                prefetch=PREFETCH,
                single_active=True,
            )
        process.spawn(clock.run())

    def _executor(self, process: Process, store: Any, bus: Any) -> None:
        world = self._world
        known = node_types(world.luck, process)
        trees = Trees(known, None, Payloads(store))  # type: ignore[arg-type]
        trees.begun = lambda ready: world.laws.begun(ready, process)
        trees.process = process
        work = Executor(process.name, bus, NodeRuns(store), Executors(store), trees, SLOTS)
        for lane in topology.LANES:
            queue, key = topology.executor_queue("core", lane), topology.ready_key("core", lane)
            bus.subscribe(queue, work.on_ready, [NodeReady], bindings=[key], prefetch=PREFETCH)
        bus.subscribe(
            f"executor.{process.name}",
            work.on_cancelled,
            [NodesCancelled],
            bindings=[NodesCancelled.event],
            prefetch=PREFETCH,
            transient=True,
        )
        process.spawn(work.beat())

    def _one(self) -> Process | None:
        alive = [each for each in self._buses if not each.stopped]
        return self._world.luck.chance.choice(alive) if alive and not self._world.luck.calm else None

    def _stop(self) -> None:
        """Stand still, for longer than a lease perhaps; the broker may notice."""
        process, chance, loop = self._one(), self._world.luck.chance, self._world.loop
        if process is None:
            return
        self._world.note(f"{process.name} stands still")
        process.stop()
        seconds = chance.choice((2, 10, 40))
        noticed = chance.random() < 0.6
        if noticed:
            loop.call_later(seconds / 2, self._world.broker.lose, process)
        loop.call_later(seconds, self._go_on, process, noticed)

    def _go_on(self, process: Process, noticed: bool) -> None:
        if process.alive:
            self._world.note(f"{process.name} goes on")
            process.go_on()
            if noticed:
                process.spawn(self._buses[process].start())

    def _disconnect(self) -> None:
        """The connection to the broker is lost, and found again."""
        process, chance = self._one(), self._world.luck.chance
        if process is not None:
            self._world.note(f"{process.name} loses its connection")
            self._world.broker.lose(process)
            self._world.loop.call_later(chance.uniform(0, 2), self._reconnect, process)

    def _reconnect(self, process: Process) -> None:
        if process in self._buses:
            process.spawn(self._buses[process].start())
