"""Where runs begin: has those wait whose turn has not come, and calls them when it has.

Who waits is only remembered. A run that waits is in the store, queued, and its `wake_at` brings it back in
any case; whoever takes over a partition looks for those that wait in it."""

from collections import deque
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from services.planner.decide import Admission
from services.planner.saved import Saved
from services.planner.turns import Place, Turns
from shared.contracts.events import NodeFinished, NodeStarted, RunWoken
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms
from shared.messaging.broker import Bus
from shared.messaging.topology import planner_key
from shared.storage.runs import Runs

LOOKED_AT_ONCE = 200
LATER = Admission("waiting", again_ms=300_000)


class Gate:
    """The planner's own; several planners keep a line each."""

    def __init__(self, bus: Bus, runs: Runs) -> None:
        self._bus = bus
        self._runs = runs
        self._turns = Turns()
        self._called: set[str] = set()
        self._begun: set[str] = set()
        self._gained: set[int] = set()
        self._left_behind: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._turns)

    def hold(
        self, runs: Iterable[Run], graphs: Mapping[str, PinnedGraph], woken: Container[str]
    ) -> dict[str, list[Admission]]:
        """What those of these runs are told that want to begin and have to wait: nothing, which saves a
        write, until the clock has `woken` them."""
        held: set[str] = set()
        for run in runs:
            graph = graphs.get(run.version)
            if run.status != "queued" or run.level != "top" or graph is None:
                continue
            if run.id in self._called:
                self._begun.add(run.id)
                self._called.discard(run.id)
            elif run.id not in self._begun:
                self._turns.wait(run.id, run.workspace_id, _place(run, graph, graph.starts[0]))
                held.add(run.id)
        turn = set(self._turns.next(now_ms())) if held else set[str]()
        self._begun |= turn & held
        self._called |= turn - held
        return {each: [LATER] if each in woken else [] for each in held - turn}

    def called(self) -> list[str]:
        """Others whose turn has come: they may begin in this batch."""
        self._called.update(self._turns.next(now_ms()))
        called, self._called = sorted(self._called), set()
        self._begun.update(called)
        return called

    def sent(self, saves: Sequence[Saved], now: int) -> None:
        """Messages are on their way to executors, and nobody waits any more for the answer to others."""
        for saved in saves:
            run = saved.run
            for head in saved.cancels:
                self._turns.done(run.id, head)
            for head in saved.sends:
                self._turns.sent(run.id, head, run.workspace_id, _place(run, saved.graph, head), now)

    def heard(self, messages: Iterable[Any]) -> None:
        """What executors say of the messages that they were sent."""
        now = now_ms()
        for message in messages:
            match message:
                case NodeStarted():
                    self._turns.done(message.run_id, message.node)
                case NodeFinished() if message.results:
                    ended = max(each.finished_at for each in message.results)
                    worked = ended - min(each.started_at for each in message.results)
                    self._turns.answered(message.run_id, message.head, worked, now)
                case _:
                    pass

    def settle(self) -> None:
        """A batch has been carried: whose turn it was has begun, or will not."""
        for run_id in self._begun:
            self._turns.done(run_id, "")
        self._begun.clear()

    def gained(self, partition: int) -> None:
        """Runs may wait there of which another planner knew."""
        self._gained.add(partition)

    def left(self, partition: int) -> None:
        """Another planner sees to those that wait there."""
        self._gained.discard(partition)
        self._turns.leave(partition)

    async def look(self) -> None:
        """Wake some of those that an earlier planner has had wait; forget what no executor wants."""
        self._turns.forget(now_ms())
        while self._gained:
            self._left_behind.extend(await self._runs.queued(next(iter(self._gained))))
            self._gained.pop()
        for _ in range(min(LOOKED_AT_ONCE, len(self._left_behind))):
            run_id = self._left_behind.popleft()
            if run_id not in self._turns:
                await self._bus.publish(RunWoken(run_id=run_id), planner_key(RunWoken.event, run_id))


def _place(run: Run, graph: PinnedGraph, head: str) -> Place:
    return graph.frozen[head].pool, run.lane
