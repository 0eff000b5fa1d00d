"""Broker or store away: callers are told so, soon, and may ask again; what was acknowledged stays."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import pytest

from services.gateway import parts
from services.gateway.stream import INTERRUPTED
from services.local.broker import Broker
from services.local.store import embedded_store
from shared import fresh
from shared.ids import new_id
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.alarms import full, short_of_disk
from tests.integration.gateway.api import KEY, Answer, Api, Planner
from tests.integration.gateway.conftest import NODE_TYPES
from tests.proxy import Proxy, proxied
from tests.waiting import until

GRAPH = {"nodes": [{"id": "a", "type": "noop"}], "edges": []}
SOON_S = 30
INSERT_RUN = b"insert\x00\x05\x00\x00\x00runs\x00"
INSERT_KEY = b"insert\x00\x0c\x00\x00\x00idempotency\x00"


@dataclass
class Wired:
    """A gateway whose wires to broker and store can be cut."""

    service: Service
    api: Api
    broker: Proxy
    store: Proxy

    async def in_time(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The answer, which does not keep the caller waiting."""
        begun = time.monotonic()
        answer = await self.api.call(method, path, body, headers=headers)
        assert time.monotonic() - begun < SOON_S
        return answer

    async def refused(self, code: str, method: str, path: str, body: Any = None, **headers: str) -> None:
        """Have it refused for now."""
        answer = await self.in_time(method, path, body, **headers)
        assert int(answer.refused(503, code).headers["retry-after"]) > 0


@pytest.fixture(scope="module")
async def wired(
    amqp_url: str, mongo_url: str, gateway_store: Store, serve: Callable[..., Any]
) -> AsyncIterator[Wired]:
    database = urlsplit(mongo_url)._replace(path=f"/{gateway_store._database.name}")
    async with proxied(amqp_url) as broker, proxied(urlunsplit(database)) as store:
        over, key = Store(store.url), {"Authorization": f"Bearer {KEY}"}
        async with (
            serve(store=over, amqp_url=broker.url, heartbeat_s=0.3) as service,
            aiohttp.ClientSession(headers=key) as session,
        ):
            yield Wired(service, Api(f"http://127.0.0.1:{service.listen[1]}", session), broker, store)
        await over.close()


@pytest.fixture
async def out(wired: Wired) -> AsyncIterator[Wired]:
    """The same; both wires are mended at the end."""
    yield wired
    wired.store.up()
    wired.broker.up()
    await until(lambda: not wired.service.bus.trouble and not wired.service.bus._dead())
    await until_async(wired.service.store.ping)


async def until_async(works: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                return await works()
            except Exception:
                continue


async def test_without_a_broker_nothing_is_started_and_reads_go_on(out: Wired, planner: Planner) -> None:
    key = {"Idempotency-Key": new_id("key")}
    known = (await out.api.post("/runs", {"graph": GRAPH}, headers=key)).body["id"]
    await planner.next_run()
    before = len((await out.api.get("/runs")).body["items"])
    out.broker.down()
    await until(lambda: out.service.bus.trouble)
    await out.refused("broker_unavailable", "POST", "/runs", {"graph": GRAPH})
    await out.refused("broker_unavailable", "POST", f"/runs/{known}/cancel")
    ready = await out.api.get("/readyz")
    assert (ready.status, "broker" in ready.body["problems"]) == (503, True)
    assert (await out.api.get(f"/runs/{known}")).status == 200
    assert len((await out.api.get("/runs")).body["items"]) == before, "a refused start leaves nothing behind"
    again = await out.in_time("POST", "/runs", {"graph": GRAPH}, **key)
    assert (again.status, again.body["id"]) == (202, known)
    assert (await out.in_time("POST", "/workflows", {"name": "Saved", "graph": GRAPH})).status == 201


async def test_a_run_that_cannot_be_announced_is_accepted_and_due_for_the_clock(
    out: Wired, planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker has just vanished without a word: nobody knows yet."""
    monkeypatch.setattr(parts, "PUBLISH_S", 0.3)
    out.broker.hold()
    answer = await out.in_time("POST", "/runs", {"graph": GRAPH})
    assert answer.status == 202
    assert (await planner.runs.load([answer.body["id"]]))[answer.body["id"]].wake_at
    await out.refused("broker_unavailable", "POST", f"/runs/{answer.body['id']}/cancel")
    out.broker.up()
    assert (await planner.next_run()).id == answer.body["id"]
    await planner.next_control()


async def test_a_broker_with_an_alarm_keeps_nobody_waiting(
    out: Wired, planner: Planner, node: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells of its alarm only who publishes: the first to do so has begun a run already."""
    monkeypatch.setattr(parts, "PUBLISH_S", 1)
    async with short_of_disk(node):
        first = await out.in_time("POST", "/runs", {"graph": GRAPH})
        assert first.status == 202
        await out.refused("broker_unavailable", "POST", "/runs", {"graph": GRAPH})
        ready = await out.api.get("/readyz")
        assert "disk space" in ready.body["problems"]["broker"]
        assert (await out.api.get(f"/runs/{first.body['id']}")).body["status"] == "queued"
        assert planner.requested.empty()
    assert (await planner.next_run()).id == first.body["id"]
    assert (await out.in_time("POST", "/runs", {"graph": GRAPH})).status == 202
    await planner.next_run()
    assert planner.requested.empty(), "what was refused has left nothing behind"


@pytest.mark.parametrize("known_s", [60, 0])
async def test_without_a_store_callers_are_told_in_time(
    out: Wired, planner: Planner, monkeypatch: pytest.MonkeyPatch, known_s: float
) -> None:
    """Whether or not it has just been looked up who they are."""
    monkeypatch.setattr(fresh, "FRESH_S", known_s)
    run_id = (await out.api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    out.store.down()
    asked = [("GET", f"/runs/{run_id}"), ("GET", "/runs"), ("GET", f"/runs/{run_id}?wait=60"),
             ("GET", f"/runs/{run_id}/events"), ("POST", "/runs?wait=60")]  # fmt: skip
    graphs = {"POST": {"graph": GRAPH}}
    await asyncio.gather(
        *(out.refused("store_unavailable", method, path, graphs.get(method)) for method, path in asked)
    )
    out.store.up()
    await until_async(out.service.store.ping)
    assert (await out.api.get(f"/runs/{run_id}")).status == 200


async def test_a_store_that_is_silent_is_given_up(out: Wired) -> None:
    """Its host is lost: no connection is closed, and nothing answers."""
    assert (await out.api.get("/runs")).status == 200
    out.store.hold()
    begun = time.monotonic()
    answer = await out.api.get("/runs")
    answer.refused(503, "store_unavailable")
    assert time.monotonic() - begun < 60


async def test_a_stream_ends_and_says_so(out: Wired, planner: Planner) -> None:
    run_id = (await out.api.post("/runs", {"graph": GRAPH})).body["id"]
    await planner.next_run()
    await planner.save(run_id, "running", "run.started")
    async with asyncio.timeout(SOON_S), out.api.stream(run_id) as events:
        assert await events.next() == (1, "run.started")
        out.store.down()
        rest = await events.response.content.read()
    assert rest.endswith(INTERRUPTED)
    out.store.up()
    await until_async(out.service.store.ping)
    await planner.save(run_id, "succeeded", "run.succeeded")
    async with out.api.stream(run_id, **{"Last-Event-ID": "1"}) as events:
        assert await events.rest() == [(2, "run.succeeded")]


async def test_who_waits_for_a_run_is_told_that_it_has_been_started(out: Wired, planner: Planner) -> None:
    """It is there: told otherwise, its caller would start another."""
    waiting = asyncio.create_task(out.api.post("/runs?wait=60", {"graph": GRAPH}))
    run = await planner.next_run()
    out.store.down()
    async with asyncio.timeout(2 * SOON_S):
        answer = await waiting
    assert (answer.status, answer.body["id"]) == (202, run.id)


@pytest.mark.parametrize("needle", [INSERT_KEY, INSERT_RUN])
async def test_a_start_whose_write_may_have_been_done_is_one_run(
    out: Wired, planner: Planner, needle: bytes
) -> None:
    """The store has done it, and the connection is lost before it says so."""
    key = {"Idempotency-Key": new_id("key")}
    out.store.bite(needle)
    answer = await out.in_time("POST", "/runs", {"graph": GRAPH}, **key)
    assert out.store.bitten.is_set()
    assert (answer.status, "idempotent-replayed" in answer.headers) == (202, False)
    assert (await planner.next_run()).id == answer.body["id"]
    again = await out.in_time("POST", "/runs", {"graph": GRAPH}, **key)
    assert (again.status, again.body["id"]) == (202, answer.body["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert planner.requested.empty()


async def test_a_start_that_was_refused_may_be_asked_for_again(out: Wired, planner: Planner) -> None:
    """The store did it, then went away: the caller does not know, and asks again with its key."""
    key = {"Idempotency-Key": new_id("key")}
    out.store.bite(INSERT_RUN)
    asking = asyncio.create_task(out.api.post("/runs", {"graph": GRAPH}, headers=key))
    await out.store.bitten.wait()
    out.store.down()
    (await asking).refused(503, "store_unavailable")
    out.store.up()
    await until_async(out.service.store.ping)
    again = await out.in_time("POST", "/runs", {"graph": GRAPH}, **key)
    assert again.status == 202
    stored = (await planner.runs.load([again.body["id"]]))[again.body["id"]]
    assert stored.wake_at, "the clock takes it up"


async def test_a_full_disk_is_told_and_reads_go_on(
    serve: Callable[..., Any], planner: Planner, tmp_path: Path
) -> None:
    async with embedded_store(tmp_path) as embedded:
        store = Store(f"{embedded.url}/weft")
        await store.prepare()
        await NodeTypes(store).put(NODE_TYPES)
        async with (
            serve(store=store) as service,
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        ):
            api, key = Api(f"http://127.0.0.1:{service.listen[1]}", session), {"Idempotency-Key": "k"}
            known = (await api.post("/runs", {"graph": GRAPH})).body["id"]
            await planner.next_run()
            with full(embedded):
                named = {"name": "A", "graph": GRAPH}
                for path, body in (("/runs", {"graph": GRAPH}), ("/workflows", named)):
                    answer = await api.post(path, body, headers=key)
                    assert "disk" in answer.refused(507, "store_full").body["detail"]
                    assert int(answer.headers["retry-after"]) > 0
                assert (await api.get(f"/runs/{known}")).status == 200
                assert [each["id"] for each in (await api.get("/runs")).body["items"]] == [known]
            again = await api.post("/runs", {"graph": GRAPH}, headers=key)
            assert again.status == 202
            assert (await planner.next_run()).id == again.body["id"]
        await store.close()
