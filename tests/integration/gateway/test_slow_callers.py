"""Callers that read slowly, not at all, or only listen: nobody else notices."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from services.gateway.watch import BUFFER, Watchers
from shared.contracts.events import NodeProgress
from shared.contracts.run import Event
from shared.ids import now_ms
from shared.service import Service
from tests.integration.gateway.api import KEY, Api, Planner, parts_of

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}
ROUNDS, EVENTS_A_ROUND, LINES_A_ROUND = 20, 100, 200
EVENTS = ROUNDS * EVENTS_A_ROUND
pytestmark = pytest.mark.timeout(120)


def watchers_of(service: Service) -> Watchers:
    return parts_of(service).watchers


@asynccontextmanager
async def raw_stream(service: Service, run_id: str) -> AsyncIterator[socket.socket]:
    """A connection that has asked for a run's events, with as little room for them as there can be; nothing
    is read unless the test does."""
    loop = asyncio.get_running_loop()
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, ("127.0.0.1", service.listen[1]))
        path = f"/api/v1/workspaces/default/runs/{run_id}/events"
        head = f"GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nx-api-key: {KEY}\r\n\r\n"
        await loop.sock_sendall(raw, head.encode())
        yield raw


async def started(api: Api, planner: Planner) -> str:
    run_id = (await api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    return run_id


async def flow(planner: Planner, run_id: str) -> None:
    """Two thousand events and eight megabytes of log lines."""
    line = NodeProgress(run_id=run_id, node="a", attempt=1, at=now_ms(), text="x" * 2000)
    for _ in range(ROUNDS):
        run = await planner.save(run_id, "running", *["node.started"] * EVENTS_A_ROUND, tell=False)
        fresh = range(run.seq - EVENTS_A_ROUND + 1, run.seq + 1)
        told = {str(seq): Event(type="node.started", at=now_ms()) for seq in fresh}
        await planner.tell(run, "running", told)
        for _ in range(LINES_A_ROUND):
            await planner.bus.show(line, NodeProgress.event)
    await planner.save(run_id, "succeeded", "run.succeeded")


async def followed(api: Api, run_id: str) -> list[int]:
    """The numbers of all events that a caller who reads gets."""
    async with api.stream(run_id) as events:
        return [seq for seq, _ in await events.rest() if seq]


async def all_read(raw: socket.socket) -> list[int]:
    """The numbers of all events that come until the stream ends."""
    loop, text = asyncio.get_running_loop(), b""
    while b"event: run.succeeded" not in text:
        chunk = await loop.sock_recv(raw, 1_000_000)
        assert chunk, "the stream ended before its last event"
        text += chunk
    return [int(seq) for seq in re.findall(rb"(?:^|\n)id: (\d+)\n", text)]


async def test_a_caller_that_does_not_read_slows_nobody_and_misses_nothing(
    api: Api, planner: Planner, gateway: Service
) -> None:
    run_id = await started(api, planner)
    watchers = watchers_of(gateway)
    async with raw_stream(gateway, run_id) as raw, asyncio.timeout(60):
        others = [asyncio.create_task(followed(api, run_id)) for _ in range(5)]
        while len(watchers._followers.get(run_id, ())) < 6:
            await api.get(f"/runs/{run_id}")
        flowing = asyncio.create_task(flow(planner, run_id))
        expected = list(range(1, EVENTS + 2))
        assert await asyncio.gather(*others) == [expected] * 5
        await flowing
        [slow] = watchers._followers[run_id]
        assert slow.behind, "it has read everything: the test sends too little"
        assert len(slow._news) <= BUFFER
        assert await all_read(raw) == expected


async def test_a_caller_that_never_reads_is_let_go(
    api: Api, planner: Planner, serve: Callable[..., Any]
) -> None:
    run_id = await started(api, planner)
    async with serve(stalled_s=0.5) as service, raw_stream(service, run_id) as raw, asyncio.timeout(60):
        watchers = watchers_of(service)
        while not len(watchers):
            await api.get(f"/runs/{run_id}")
        await flow(planner, run_id)
        while len(watchers):
            await api.get(f"/runs/{run_id}")
        with pytest.raises((ConnectionResetError, AssertionError)):
            await all_read(raw)


async def test_who_only_listens_costs_no_reading_of_events(
    api: Api, planner: Planner, gateway: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred silent streams: at each heartbeat the runs are read, all in one go, and no events."""
    run_id = await started(api, planner)
    await planner.save(run_id, "running", "run.started")
    parts = parts_of(gateway)
    streams = [await asyncio.open_connection("127.0.0.1", gateway.listen[1]) for _ in range(200)]
    path = f"/api/v1/workspaces/default/runs/{run_id}/events"
    head = f"GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nx-api-key: {KEY}\r\n\r\n"
    for _, writer in streams:
        writer.write(head.encode())
    async with asyncio.timeout(60):
        for reader, _ in streams:
            await reader.readuntil(b"run.started")
        reads: list[str] = []

        async def after(of: str, seq: int) -> dict[int, Event]:
            reads.append(of)
            return {}

        monkeypatch.setattr(parts.run_events, "after", after)
        for _ in range(2):
            for reader, _ in streams:
                await reader.readuntil(b": still here\n\n")
    assert reads == []
    for _, writer in streams:
        writer.close()


HEADS = {
    "a long header": {"x-much": "x" * 70_000},
    "many headers": {f"x-{number}": "x" * 100 for number in range(700)},
}


@pytest.mark.parametrize("name", HEADS)
async def test_headers_have_a_limit(api: Api, name: str) -> None:
    (await api.get("/runs", headers=HEADS[name])).refused(431, "headers_too_large")


async def test_a_url_has_a_limit(gateway: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listen[1])
    writer.write(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b" 431 " in await reader.readline()
    writer.close()


async def test_a_head_that_never_ends_is_not_kept(gateway: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listen[1])
    writer.write(b"GET / HTTP/1.1\r\nhost: ")
    async with asyncio.timeout(60):
        while not reader._buffer:  # type: ignore[attr-defined]
            writer.write(b"x" * 10_000)
            await writer.drain()
            await asyncio.sleep(0)
        assert b" 431 " in await reader.readline()
    writer.close()


async def test_long_bodies_and_many_requests_on_one_connection_are_no_heads(gateway: Service) -> None:
    headers = {"X-API-Key": KEY, "x-some": "x" * 40_000}
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        api = Api(f"http://127.0.0.1:{gateway.listen[1]}", session)
        for _ in range(5):
            checked = await api.post("/graphs/validate", {"graph": {"nodes": ["x" * 200_000]}})
            assert checked.status == 200


async def raw_connection(service: Service, sent: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.listen[1])
    writer.write(sent.encode())
    return reader, writer


POST = f"POST /api/v1/workspaces/default/graphs/validate HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\n"


@pytest.mark.parametrize("sent", ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(serve: Callable[..., Any], sent: str) -> None:
    async with serve(stalled_s=0.2) as service, asyncio.timeout(60):
        reader, writer = await raw_connection(service, sent)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(serve: Callable[..., Any]) -> None:
    async with serve(stalled_s=0.2) as service, asyncio.timeout(60):
        reader, writer = await raw_connection(service, f"{POST}content-length: 1000\r\n\r\n{{")
        answer = await reader.read()
        assert b" 408 " in answer
        assert b"body_late" in answer
        writer.close()


async def test_a_body_that_comes_slowly_is_waited_for(serve: Callable[..., Any]) -> None:
    """Longer than nothing at all would be."""
    body, loop = '{"graph": {"nodes": []}}' + " " * 39_976, asyncio.get_running_loop()
    async with serve(stalled_s=0.5) as service, asyncio.timeout(60):
        begun = loop.time()
        reader, writer = await raw_connection(service, f"{POST}content-length: 40000\r\n\r\n{body[:20_000]}")
        while loop.time() < begun + 0.8:
            await asyncio.to_thread(time.sleep, 0.1)
        writer.write(body[20_000:].encode())
        assert b" 200 " in await reader.readline()
        writer.close()
