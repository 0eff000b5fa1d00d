"""One world: everything that a seed leads to, until all runs have finished or a law is broken."""

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import structlog

from services.planner import clock
from shared.contracts.events import Message
from shared.contracts.version import PinnedGraph, Version, body_path
from shared.storage.mongo import Document
from tests.simulation.broker import Broker, Heard
from tests.simulation.laws import Laws
from tests.simulation.luck import LATER_S, Luck
from tests.simulation.parties import Parties
from tests.simulation.people import People
from tests.simulation.store import Documents
from tests.simulation.virtual import PROCESS, Process, VirtualLoop, virtual_time

LONGEST_S = 3_000.0
"""When a world has to be over: long before its runs give up."""
LOOK_S = 1.0
Say = Callable[[str], None]
TICK_S = 2.0
"""How often the planner's clock ticks here: an idle world costs a quarter."""


@dataclass(frozen=True)
class Outcome:
    """How a world ended: what was broken, how long it took in its own time, and a digest of all that was
    written."""

    seed: int
    broken: list[str]
    seconds: float
    runs: int
    writes: int
    digest: int


class World:
    """A seed, and what comes of it."""

    def __init__(self, seed: int, loop: VirtualLoop, say: Say | None = None, *, foul: bool = False) -> None:
        self.seed = seed
        self.loop = loop
        self.say = say
        self.luck = Luck(seed, foul=foul)
        self.broken: list[str] = []
        self.writes = self.digest = 0
        self._ended = asyncio.Event()
        self._graphs: dict[str, PinnedGraph] = {}
        self.laws = Laws(self.graph_of, self._break)
        self.documents = self.laws.documents = Documents(self.luck, self._written, self._endless)
        self.broker = Broker(self.luck, Heard(self._published, self._handled, self._dead))
        self.parties = Parties(self)
        self.people = People(self)

    async def play(self) -> Outcome:
        """Until the end."""
        self.loop.call_later(self.luck.trouble.until_s, self._calm_down)
        self.parties.begin()
        self.people.process.spawn(self.people.live())
        watching = asyncio.create_task(self._watch())
        await self._ended.wait()
        watching.cancel()
        self.parties.end()
        self.people.process.kill()
        await asyncio.sleep(LATER_S)
        seconds, runs = self.loop.time(), len(self.documents.all("runs"))
        return Outcome(self.seed, self.broken, seconds, runs, self.writes, self.digest)

    async def _watch(self) -> None:
        quiet = 0.0
        while quiet <= LATER_S:
            await asyncio.sleep(LOOK_S)
            over = not (self.laws.unfinished or self.people.busy or self.parties.at_work)
            quiet = quiet + LOOK_S if over and self.broker.idle else 0.0
            if self.loop.time() > LONGEST_S:
                self._break(f"after {LONGEST_S:g} s, not finished: {[*self.laws.unfinished]}")
                return
        self.laws.at_end()
        self._ended.set()

    def _endless(self) -> None:
        self._break("round and round without an end")
        self.parties.end()

    def _calm_down(self) -> None:
        self.note("nothing goes wrong from now on")
        self.luck.calm = True

    def graph_of(self, version_id: str) -> PinnedGraph:
        """The graph of a version, or of a body in one."""
        if version_id not in self._graphs:
            stored, inner = body_path(version_id)
            document = dict(self.documents.get("versions", stored) or {})
            graph = PinnedGraph.of(Version.model_validate({"id": document.pop("_id"), **document}))
            for node_id, field in inner:
                graph = graph.body(node_id, field)
            self._graphs[version_id] = graph
        return self._graphs[version_id]

    def note(self, text: str) -> None:
        """Something has happened."""
        if self.say:
            by = PROCESS.get(None)
            self.say(f"{self.loop.time():10.4f} {by.name if by else '-':12} {text}")

    def _break(self, breach: str) -> None:
        self.note(f"BROKEN {breach}")
        self.broken.append(breach)
        self._ended.set()

    def _written(self, name: str, old: Document | None, new: Document, by: Process) -> None:
        self.writes += 1
        self.digest = crc32(f"{name} {new['_id']} {new.get('seq')} {by.name}".encode(), self.digest)
        if self.say and name != "executors":
            self.note(f"({by.name}) writes {name} {new['_id']} {_short(name, old or {}, new)}")
        self.laws.written(name, old, new, by)

    def _published(self, message: Message, by: Process) -> None:
        if self.say:
            self.note(f"({by.name}) sends {message.event} {_told(message)}")
        self.laws.published(message, by)

    def _handled(self, message: Message, by: Process) -> None:
        if self.say:
            self.note(f"has handled {message.event} {_told(message)}")
        self.laws.handled(message, by)

    def _dead(self, message: Message, error: Exception) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        self._break(f"a dead letter: {message.event}: {error!r} in {where.name} at {where.lineno}")


def play(seed: int, say: Say | None = None, *, foul: bool = False) -> Outcome:
    """The world of this seed, from its beginning to its end; with `say`, line by line. In a `foul` one most
    things go wrong."""
    before, clock.TICK_S = clock.TICK_S, TICK_S
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30 if say else 50))
    try:
        with virtual_time() as loop:

            async def live() -> Outcome:
                world = World(seed, loop, say, foul=foul)
                if say:
                    structlog.configure(processors=[_said_in(world)])
                return await world.play()

            return loop.run_until_complete(live())
    finally:
        clock.TICK_S = before


def _said_in(world: World) -> Any:
    def log(_logger: Any, method: str, event: Any) -> Any:
        told = {key: value for key, value in event.items() if key != "event"}
        world.note(f"logs {method} {event['event']} {told}")
        raise structlog.DropEvent

    return log


def _short(name: str, old: Document, new: Document) -> str:
    if name != "runs":
        return str({key: new[key] for key in ("open", "executor", "events", "results", "rev") if key in new})[
            :300
        ]
    fresh = [f"{seq}:{event['type']}:{event.get('node', '')}:{event.get('attempt', '')}"
             for seq, event in new.get("outbox", {}).items() if seq not in old.get("outbox", {})]  # fmt: skip
    return f"rev {new['rev']} {new['status']} wake {new.get('wake_at')} {' '.join(fresh)}"


def _told(message: Message) -> str:
    return message.model_dump_json(exclude_defaults=True)[:300]
