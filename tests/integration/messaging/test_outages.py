"""Broker or store break while runs are carried: whatever was asked for is done, once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.connectors.__main__ import SETTINGS
from services.local.broker import Broker
from services.local.store import embedded_store
from services.planner.__main__ import SETTINGS as PLANNER_SETTINGS
from shared.messaging.topology import LANES, PARTITIONS, executor_queue, partition_of, planner_queue
from tests.alarms import full, short_of_disk
from tests.http_server import Server, serving
from tests.integration.messaging.scene import Scene, scene, told
from tests.waiting import until

PLANNER_QUEUES = [planner_queue(partition) for partition in range(PARTITIONS)]
QUEUES = [*PLANNER_QUEUES, *(executor_queue(pool, lane) for pool in ("core", "http") for lane in LANES)]
CUTS = 12
RUNS = 40
PREFETCH = 2
WRITES = {
    "the claim": b"insert\x00\x0a\x00\x00\x00node_runs\x00",
    "the result": b"update\x00\x0a\x00\x00\x00node_runs\x00",
    "the save": b"update\x00\x05\x00\x00\x00runs\x00",
    "the events": b"insert\x00\x0b\x00\x00\x00run_events\x00",
}


@pytest.fixture
async def target() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def stage(
    amqp_url: str,
    store_url: str,
    target: Server,
    drop_queues: Callable[..., Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Scene]:
    monkeypatch.setattr(SETTINGS, "http_allow", "127.0.0.1")
    monkeypatch.setattr(PLANNER_SETTINGS, "prefetch", PREFETCH)
    monkeypatch.setattr("shared.messaging.broker.RECONNECT_S", 0.2)
    await drop_queues(*QUEUES)
    async with scene(amqp_url, store_url, target) as stage:
        yield stage


@pytest.mark.parametrize("wire", ["broker", "store"])
async def test_a_storm_of_cuts_while_runs_are_carried(stage: Scene, target: Server, wire: str) -> None:
    target.open("call")
    starting = asyncio.create_task(stage.start(RUNS))
    for cut in range(CUTS):
        await until(lambda cut=cut: len(target.seen) >= cut)
        await until(getattr(stage, wire).cut)
    await stage.succeed(await starting)
    assert len(target.seen) == RUNS


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_of_unknown_outcome_is_recognised(stage: Scene, target: Server, write: str) -> None:
    target.open("call")
    stage.store.bite(WRITES[write])
    [run_id] = await stage.start(1)
    async with asyncio.timeout(30):
        await stage.store.bitten.wait()
    await stage.succeed([run_id])
    assert len(target.seen) == 1


async def test_without_a_store_nobody_takes_more_than_they_hold_already(stage: Scene, target: Server) -> None:
    begun = await stage.start(5)
    await until(lambda: len(target.seen) == 5)
    stage.store.down()
    target.open("call")
    with told("planner.waiting") as asked_in_vain:
        more = await stage.start(RUNS)
        await until(asked_in_vain)
    partitions = Counter(partition_of(each) for each in more)
    for partition, count in partitions.items():
        assert await stage.waiting(planner_queue(partition)) >= count - PREFETCH, "the others are left"
    assert max(partitions.values()) > PREFETCH
    assert len(target.seen) == 5, "nothing is begun that could not be recorded"
    assert await stage.dead() == 0
    stage.store.up()
    await stage.succeed(begun + more)
    assert len(target.seen) == 5 + RUNS


async def test_an_alarm_of_the_broker_holds_up_and_loses_nothing(
    stage: Scene, target: Server, node: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    begun = await stage.start(5)
    await until(lambda: len(target.seen) == 5)
    async with short_of_disk(node):
        target.open("call")
        await until(lambda: caplog.text.count("was blocked by") >= 2)  # planner and connectors
        assert not stage.ended
    await stage.succeed(begun)
    await stage.succeed(await stage.start(5))
    assert len(target.seen) == 10


@pytest.mark.timeout(200)
async def test_queues_that_are_deleted_come_back(stage: Scene, target: Server) -> None:
    begun = await stage.start(5)
    await until(lambda: len(target.seen) == 5)
    for queue in QUEUES:
        await stage.channel.queue_delete(queue)
    target.open("call")
    await stage.succeed(begun + await stage.start(5))
    assert len(target.seen) == 10


async def test_a_full_disk_of_the_store_holds_up_and_loses_nothing(
    amqp_url: str,
    target: Server,
    drop_queues: Callable[..., Awaitable[None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SETTINGS, "http_allow", "127.0.0.1")
    await drop_queues(*QUEUES)
    async with (
        embedded_store(tmp_path) as embedded,
        scene(amqp_url, f"{embedded.url}/weft", target) as stage,
    ):
        begun = await stage.start(RUNS)
        await until(lambda: len(target.seen) >= 5)
        with full(embedded), told("waiting", "planner.waiting") as refused:
            target.open("call")
            assert await stage.runs.load(begun), "reads go on"
            await until(refused)
            assert await stage.dead() == 0
            assert not set(stage.ended.values()) - {"succeeded"}
        await stage.succeed(begun)
        assert len(target.seen) == RUNS
