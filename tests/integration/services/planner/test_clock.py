"""Everything that waits or was lost comes back through the clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.planner import clock as module
from services.planner.clock import Chore, Clock
from shared.contracts.events import Message, NodeFinished, RunWoken
from shared.contracts.node_run import NodeRun
from shared.ids import now_ms
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from tests.builders import run

Drop = Callable[..., Awaitable[None]]


class Bus:
    """Notes what is published."""

    def __init__(self) -> None:
        self.published: asyncio.Queue[Message] = asyncio.Queue()

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Note it."""
        assert key.startswith(f"{message.event}.")
        self.published.put_nowait(message)

    async def next(self) -> Message:
        """The next message."""
        async with asyncio.timeout(30):
            return await self.published.get()


class OneAlive(Executors):
    """Of these, `alive` has beaten whenever somebody looks, however slow the machine."""

    beats = 0

    async def all(self) -> dict[str, int]:
        self.beats += 1
        await self.beat("alive", 1, self.beats)
        return await super().all()


@asynccontextmanager
async def ticking(store: Store, bus: Bus, *chores: Chore) -> AsyncIterator[None]:
    """A clock at work."""
    parts: Any = (bus, Runs(store), NodeRuns(store), OneAlive(store))
    clock = Clock(*parts, chores=chores, leads=lambda _: True)
    running = asyncio.create_task(clock.run())
    yield
    running.cancel()


@pytest.fixture
async def bus(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    """What a clock says that ticks fast and soon takes the silent for dead."""
    for name, value in {"TICK_S": 0.01, "CHORES_S": 0.01, "LOOK_S": 0.0, "DEAD_AFTER_S": 0.3}.items():
        monkeypatch.setattr(module, name, value)
    bus = Bus()
    async with ticking(store, bus):
        yield bus


async def test_a_run_is_woken_when_it_is_due_and_again_when_it_is_due_again(store: Store, bus: Bus) -> None:
    runs = Runs(store)
    await runs.insert(run("run_later", wake_at=now_ms() + 60_000))
    due = run("run_due", wake_at=now_ms())
    await runs.insert(due)
    assert await bus.next() == RunWoken(run_id="run_due")
    soon = due.model_copy(update={"rev": due.rev + 1, "wake_at": now_ms()})
    assert await runs.save([soon]) == {"run_due"}
    assert await bus.next() == RunWoken(run_id="run_due")
    assert bus.published.empty(), "not at every tick"


async def test_what_a_dead_executor_held_is_lost_and_the_living_keep_theirs(store: Store, bus: Bus) -> None:
    executors, node_runs = Executors(store), NodeRuns(store)
    claims = [
        NodeRun(
            id=f"run_1:{node}:1", run_id="run_1", workspace_id="default", executor=by, open=True, created_at=1
        )
        for node, by in (("a", "dead"), ("b", "alive"))
    ]
    await node_runs.insert(claims)
    await executors.beat("dead", 1, 7)
    message = await bus.next()
    assert isinstance(message, NodeFinished)
    assert (message.head, message.attempt, message.executor) == ("a", 1, "dead")
    assert [each.failure.code for each in message.results if each.failure] == ["lost"]
    async with asyncio.timeout(30):
        while set(await executors.all()) != {"alive"}:  # noqa: ASYNC110 (a store does not tell)
            await asyncio.sleep(0.01)
    assert bus.published.empty()


async def test_all_that_are_due_are_woken_at_once_however_many(
    store: Store, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when those woken before have not been carried yet, and fill what the store answers first."""
    monkeypatch.setattr(module, "DUE_LIMIT", 3)
    names = {f"run_{n}" for n in range(10)}
    await Runs(store).insert_many([run(each, wake_at=now_ms()) for each in sorted(names)])
    woken = [await bus.next() for _ in names]
    assert {each.run_id for each in woken if isinstance(each, RunWoken)} == names


async def test_a_chore_is_done_again_and_again_though_another_one_fails(store: Store, bus: Bus) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()

    async def fail() -> None:
        done.put_nowait(0)
        raise OSError("the store is away")

    async def succeed() -> None:
        done.put_nowait(1)

    chores = Chore(fail, every_s=0), Chore(succeed, every_s=0)
    async with ticking(store, bus, *chores), asyncio.timeout(30):
        assert [await done.get() for _ in range(4)] == [0, 1, 0, 1]
