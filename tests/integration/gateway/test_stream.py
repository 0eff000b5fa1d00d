"""A run's events: from the store and live, without a gap and without a double."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from services.gateway.watch import BUFFER
from shared.contracts.events import NodeProgress
from shared.contracts.run import Event
from shared.ids import now_ms
from shared.service import Service
from tests.integration.gateway.api import KEY, Api, Events, Planner, parts_of
from tests.waiting import until

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}


async def started(api: Api, planner: Planner) -> str:
    """The id of a fresh run."""
    answer = await api.post("/runs", {"graph": GRAPH})
    assert answer.status == 202
    return (await planner.next_run()).id


async def skip_comments(events: Events) -> tuple[int | None, str]:
    """The next event that is not a heartbeat."""
    while (event := await events.next()) == (None, ""):
        pass
    return event


async def test_a_stream_begins_with_what_has_happened_and_ends_with_the_run(
    api: Api, planner: Planner
) -> None:
    run_id = await started(api, planner)
    await planner.save(run_id, "running", "run.started", "node.ready")
    async with api.stream(run_id) as events:
        assert events.response.headers["content-type"].startswith("text/event-stream")
        assert await events.next() == (1, "run.started")
        assert await events.next() == (2, "node.ready")
        await planner.save(run_id, "running", "node.succeeded")
        assert await skip_comments(events) == (3, "node.succeeded")
        await planner.save(run_id, "succeeded", "run.succeeded")
        rest = [event for event in await events.rest() if event != (None, "")]
        assert rest == [(4, "run.succeeded")]


async def test_last_event_id_resumes(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner)
    await planner.save(run_id, "succeeded", "run.started", "node.ready", "node.succeeded", "run.succeeded")
    async with api.stream(run_id, **{"Last-Event-ID": "2"}) as events:
        assert await events.rest() == [(3, "node.succeeded"), (4, "run.succeeded")]
    async with api.stream(run_id, **{"Last-Event-ID": "4"}) as events:
        assert events.response.status == 204
    for text in ("$ne", ""):
        wrong = await api.get(f"/runs/{run_id}/events", headers={"Last-Event-ID": text})
        wrong.refused(400, "bad_header")


async def test_lost_and_repeated_hints_leave_no_gap_and_no_double(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner)
    async with api.stream(run_id) as events:
        await planner.save(run_id, "running", "run.started", "node.ready", tell=False)
        run = await planner.save(run_id, "running", "node.succeeded")
        seen = [await skip_comments(events) for _ in range(3)]
        await planner.tell(run, "running", {"3": Event(type="node.succeeded", at=now_ms())})
        await planner.save(run_id, "cancelled", "run.cancelled", tell=False)
        seen += [event for event in await events.rest() if event != (None, "")]
    expected = ["run.started", "node.ready", "node.succeeded", "run.cancelled"]
    assert seen == list(enumerate(expected, 1))


async def test_progress_is_passed_on_without_a_number(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner)
    await planner.save(run_id, "running", "run.started")
    async with api.stream(run_id) as events:
        await events.next()
        line = NodeProgress(run_id=run_id, node="a", attempt=1, at=now_ms(), text="halfway")
        await planner.bus.show(line, NodeProgress.event)
        assert await skip_comments(events) == (None, "node.progress")


async def test_silence_is_filled_with_heartbeats(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner)
    async with api.stream(run_id) as events:
        assert await events.next() == (None, "")


async def test_events_as_a_list(api: Api, planner: Planner) -> None:
    run_id = await started(api, planner)
    await planner.save(run_id, "failed", "run.started", "node.failed", "run.failed")
    first = await api.get(f"/runs/{run_id}/events?limit=2")
    assert [(item["seq"], item["type"]) for item in first.body["items"]] == [
        (1, "run.started"),
        (2, "node.failed"),
    ]
    assert first.body["items"][0]["at"].endswith("Z")
    rest = await api.get(f"/runs/{run_id}/events?after={first.body['next']}")
    assert [item["type"] for item in rest.body["items"]] == ["run.failed"]
    assert rest.body["next"] is None


async def test_unpublished_events_are_listed_too(api: Api, planner: Planner) -> None:
    """Those that are saved with the run but not yet recorded on their own."""
    run_id = await started(api, planner)
    run = (await planner.runs.load([run_id]))[run_id]
    kept = {"1": Event(type="run.started", at=now_ms())}
    saved = run.model_copy(update={"rev": 1, "seq": 1, "status": "running", "outbox": kept})
    assert await planner.runs.save([saved])
    answer = await api.get(f"/runs/{run_id}/events")
    assert [item["type"] for item in answer.body["items"]] == ["run.started"]


async def test_a_caller_that_leaves_frees_everything(api: Api, planner: Planner, gateway: Service) -> None:
    run_id = await started(api, planner)
    watchers = parts_of(gateway).watchers
    async with api.stream(run_id) as events:
        await events.next()
        await until(lambda: len(watchers) == 1)  # others may just have left
    async with asyncio.timeout(60):
        while len(watchers):
            await planner.tell((await planner.runs.load([run_id]))[run_id], "running", {})
            await asyncio.sleep(0)


async def test_a_slow_caller_gets_every_event_from_the_store(api: Api, planner: Planner) -> None:
    """More hints than the buffer holds, while nobody reads."""
    run_id = await started(api, planner)
    async with api.stream(run_id) as events:
        types = ["node.started"] * (BUFFER * 2)
        run = await planner.save(run_id, "running", *types, tell=False)
        for seq in range(1, run.seq + 1):
            await planner.tell(run, "running", {str(seq): Event(type="node.started", at=now_ms())})
        await planner.save(run_id, "succeeded", "run.succeeded")
        seen = [event for event in await events.rest() if event != (None, "")]
    assert [seq for seq, _ in seen] == list(range(1, BUFFER * 2 + 2))


async def test_stopping_ends_streams_and_waits(
    api: Api, planner: Planner, serve: Callable[..., Any], gateway: Service
) -> None:
    run_id = await started(api, planner)
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": KEY}) as session,
        serve(heartbeat_s=60) as service,
        asyncio.timeout(60),
    ):
        other = Api(f"http://127.0.0.1:{service.listen[1]}", session)
        watchers = parts_of(service).watchers
        waiting = asyncio.create_task(other.get(f"/runs/{run_id}?wait=60"))
        async with other.stream(run_id) as events:
            while len(watchers) < 2:
                await other.get(f"/runs/{run_id}")
            await watchers.close()
            assert await events.rest() == []
        assert (await waiting).status == 202
