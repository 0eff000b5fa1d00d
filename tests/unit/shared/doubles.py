"""What an executor stands on, kept in memory: a bus that notes what is published, a store of claims, nodes
that wait for the test."""

import asyncio
from collections.abc import Sequence
from typing import Any

from shared.contracts.catalog import SideEffects
from shared.contracts.events import Message, NodeFinished, NodeReady, NodeTask
from shared.contracts.node_run import NodeResult, NodeRun
from shared.contracts.run import Lane
from shared.contracts.value import inline
from shared.execute import Executor


class Ledger:
    """Bus, claims and leases in one, with `notes` of what happened in which order."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.published: list[Message] = []
        self.node_runs: dict[str, NodeRun] = {}
        self.store_fails = 0
        self.loads = 0
        self.load_that_fails = 0
        self.confirming: asyncio.Event | None = None
        self._news = asyncio.Event()

    def note(self, *notes: str) -> None:
        """Something has happened."""
        self.notes += notes
        self._news.set()

    async def noted(self, note: str) -> None:
        """Return once this has happened."""
        async with asyncio.timeout(60):
            while note not in self.notes:
                self._news.clear()
                await self._news.wait()

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Note it; with `confirming`, the confirm comes when that is set."""
        self.published.append(message)
        self.note(message.event)
        if self.confirming:
            await self.confirming.wait()

    @property
    def answers(self) -> list[NodeFinished]:
        """All that was answered."""
        return [each for each in self.published if isinstance(each, NodeFinished)]

    async def insert(self, node_runs: Sequence[NodeRun]) -> set[str]:
        """As the store does."""
        there = {each.id for each in node_runs if each.id in self.node_runs}
        self.node_runs.update({each.id: each for each in node_runs if each.id not in there})
        self.note(*(f"claimed {each.id}" for each in node_runs if each.id not in there))
        return there

    async def finish(self, node_runs: Sequence[NodeRun]) -> bool:
        """As the store does; `store_fails` times not."""
        if self.store_fails:
            self.store_fails -= 1
            raise ConnectionError("the store is away")
        if not all(self.node_runs[each.id].open for each in node_runs):
            return False
        self.node_runs.update({each.id: each for each in node_runs})
        self.note(*(f"stored {each.id}" for each in node_runs))
        return True

    async def load(self, ids: Sequence[str]) -> dict[str, NodeRun]:
        """As the store does, but for `load_that_fails`."""
        self.loads += 1
        if self.loads == self.load_that_fails:
            raise ConnectionError("the store is away")
        return {each: self.node_runs[each] for each in ids if each in self.node_runs}

    async def beat(self, executor_id: str, boot: int, beat: int) -> None:
        """Lives."""

    async def leave(self, executor_id: str) -> None:
        """Goes."""
        self.note("left")


class Held:
    """In place of the node types: each node is under way until the test lets it go."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.release = asyncio.Event()

    async def run(self, ready: NodeReady) -> list[NodeResult]:
        """One success, once released."""
        node = ready.nodes[0]
        self.begun.put_nowait(f"{node.node}:{node.attempt}")
        await self.release.wait()
        return [
            NodeResult(node=node.node, attempt=node.attempt, status="succeeded", port="out",
                       output=inline("1"), started_at=1, finished_at=2)
        ]  # fmt: skip


class Arrived:
    """A delivery."""

    traceparent = ""

    def __init__(self, message: Message, ledger: Ledger) -> None:
        self.message = message
        self._ledger = ledger

    async def ack(self) -> None:
        """Note it."""
        self._ledger.note("acknowledged")


def ready(
    node: str = "a",
    attempt: int = 1,
    side_effects: SideEffects = "once",
    sent_at: int = 1,
    lane: Lane = "normal",
) -> NodeReady:
    """A message with one node."""
    node_task = NodeTask(node=node, type="held", attempt=attempt, config="{}", timeout_s=60)
    return NodeReady(
        run_id="run_1",
        workspace_id="default",
        pool="http",
        lane=lane,
        side_effects=side_effects,
        nodes=[node_task],
        sent_at=sent_at,
    )


def executor(ledger: Any, held: Any, slots: int = 10) -> Executor:
    """An executor on these doubles."""
    return Executor("executor_1", ledger, ledger, ledger, held, slots)
