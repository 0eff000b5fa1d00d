"""Starting runs, waiting for them, and starting them once."""

import asyncio

import aio_pika

from shared.contracts.value import INLINE_BYTES
from shared.ids import new_id, now_ms
from shared.messaging import topology
from shared.storage.idempotency import Idempotency, Reservation
from shared.storage.mongo import Store
from tests.integration.gateway.api import Api, Planner

GRAPH = {
    "nodes": [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop"}],
    "edges": [{"source": "a", "target": "b"}],
}


async def test_a_run_is_answered_with_as_soon_as_it_has_finished(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    body = {"input": {"name": "Ada"}}
    asking = asyncio.create_task(api.post(f"/workflows/{workflow_id}/runs?wait=20", body))
    run = await planner.next_run()
    assert (run.workflow_id, run.version, run.status) == (workflow_id, f"{workflow_id}:1", "queued")
    assert run.wake_at is not None
    assert run.wake_at > run.created_at
    await planner.succeed(run.id, '{"greeting":"hello"}')
    answer = await asking
    assert answer.status == 200
    assert answer.body["status"] == "succeeded"
    assert (answer.body["input"], answer.body["output"]) == ({"name": "Ada"}, {"greeting": "hello"})
    assert answer.body["version"] == 1
    assert [node["status"] for node in answer.body["nodes"].values()] == ["pending", "pending"]


async def test_without_wait_the_answer_is_202_and_the_run_is_durable(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    answer = await api.post(f"/workflows/{workflow_id}/runs")
    assert (answer.status, answer.body["status"], answer.body["input"]) == (202, "queued", {})
    assert answer.headers["location"].endswith(answer.body["id"])
    assert (await planner.next_run()).id == answer.body["id"]
    assert (await api.get(f"/runs/{answer.body['id']}")).body == answer.body


async def test_a_run_that_takes_longer_than_wait_is_answered_as_it_is(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    answer = await api.post(f"/workflows/{workflow_id}/runs?wait=0.05")
    assert (answer.status, answer.body["status"]) == (202, "queued")
    await planner.next_run()
    assert (await api.get(f"/runs/{answer.body['id']}?wait=0.05")).status == 202
    asking = asyncio.create_task(api.get(f"/runs/{answer.body['id']}?wait=20"))
    await planner.succeed(answer.body["id"])
    assert (await asking).body["status"] == "succeeded"


async def test_a_finished_run_is_seen_even_if_nobody_tells(api: Api, planner: Planner) -> None:
    """`run.changed` may get lost: the store is looked into now and then."""
    workflow_id = await api.workflow(GRAPH)
    asking = asyncio.create_task(api.post(f"/workflows/{workflow_id}/runs?wait=30"))
    run = await planner.next_run()
    await planner.save(run.id, "failed", "run.failed", tell=False)
    assert (await asking).body["status"] == "failed"


async def test_a_hint_without_the_run_leads_to_the_store(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    asking = asyncio.create_task(api.post(f"/workflows/{workflow_id}/runs?wait=30"))
    run = await planner.next_run()
    saved = await planner.save(run.id, "cancelled", "run.cancelled", tell=False)
    await planner.tell(saved, "cancelled", {})
    assert (await asking).body["status"] == "cancelled"


async def test_large_input_travels_by_reference_and_is_shown_whole(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    large = {"text": "ü" * INLINE_BYTES}
    answer = await api.post(f"/workflows/{workflow_id}/runs", {"input": large})
    run = await planner.next_run()
    assert run.input.ref
    assert run.input.json_text is None
    assert answer.body["input"] == large


async def test_the_version_can_be_chosen(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    await api.post(f"/workflows/{workflow_id}/versions")
    assert (await api.post(f"/workflows/{workflow_id}/runs")).body["version"] == 2
    assert (await api.post(f"/workflows/{workflow_id}/runs", {"version": 1})).body["version"] == 1
    for _ in range(2):
        await planner.next_run()
    (await api.post(f"/workflows/{workflow_id}/runs", {"version": 3})).refused(404, "not_found")


async def test_only_what_is_published_can_be_run(api: Api) -> None:
    workflow_id = await api.workflow(GRAPH, published=False)
    (await api.post(f"/workflows/{workflow_id}/runs")).refused(409, "not_published")
    (await api.post("/workflows/wf_none/runs")).refused(404, "not_found")


async def test_an_ad_hoc_graph_is_stored_once(api: Api, planner: Planner, gateway_store: Store) -> None:
    first = await api.post("/runs", {"graph": GRAPH, "input": 1})
    again = await api.post("/runs", {"graph": dict(reversed(GRAPH.items())), "input": 2, "lane": "high"})
    assert (first.status, again.status) == (202, 202)
    runs = [await planner.next_run(), await planner.next_run()]
    assert runs[0].version == runs[1].version
    assert runs[0].version.startswith("adhoc:")
    assert [run.lane for run in runs] == ["normal", "high"]
    assert await gateway_store["versions"].find_one({"_id": runs[0].version})
    assert first.body["version"] is None


async def test_the_same_key_starts_one_run(api: Api, planner: Planner) -> None:
    workflow_id = await api.workflow(GRAPH)
    body, headers = {"input": {"order": 7}}, {"Idempotency-Key": new_id("key")}
    path = f"/workflows/{workflow_id}/runs"
    answers = await asyncio.gather(*(api.post(path, body, headers=headers) for _ in range(8)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["id"] for answer in answers}) == 1
    await planner.next_run()
    later = await api.post(path, body, headers=headers)
    assert later.body["id"] == answers[0].body["id"]
    assert later.headers["idempotent-replayed"] == "true"
    other = await api.post(path, {"input": {"order": 8}}, headers=headers)
    other.refused(422, "idempotency_key_reused")
    elsewhere = await api.post("/runs", {"graph": GRAPH}, headers=headers)
    elsewhere.refused(422, "idempotency_key_reused")
    while not planner.requested.empty():
        assert planner.requested.get_nowait().run_id == later.body["id"]


async def test_a_key_whose_run_was_never_inserted_starts_it_now(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    """The earlier attempt died between reserving the key and inserting the run."""
    key, headers = new_id("key"), {"Idempotency-Key": new_id("key")}
    await api.post("/runs", {"graph": GRAPH}, headers=headers)
    await planner.next_run()
    keys = Idempotency(gateway_store)
    first = await keys.find("default", headers["Idempotency-Key"])
    assert first
    await keys.reserve("default", key, Reservation("run_lost", first.fingerprint), created_at=now_ms())
    answer = await api.post("/runs", {"graph": GRAPH}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["id"]) == (202, "run_lost")
    assert (await planner.next_run()).id == "run_lost"


async def test_a_refused_request_does_not_use_up_its_key(api: Api, planner: Planner) -> None:
    headers = {"Idempotency-Key": new_id("key")}
    bad = {"graph": {"nodes": [{"id": "a", "type": "nonsense"}]}}
    (await api.post("/runs", bad, headers=headers)).refused(422, "invalid_graph")
    assert (await api.post("/runs", {"graph": GRAPH}, headers=headers)).status == 202
    await planner.next_run()


async def test_keys_have_limits(api: Api) -> None:
    for key in ("x" * 201, "", "tab\there"):
        answer = await api.post("/runs", {"graph": GRAPH}, headers={"Idempotency-Key": key})
        answer.refused(400, "bad_header")


async def test_a_planners_queue_that_has_lost_its_bindings_gets_the_run_all_the_same(
    api: Api, amqp_url: str, planner: Planner
) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.EXCHANGE, ensure=False)
        for number in range(topology.PARTITIONS):
            queue = await channel.get_queue(topology.planner_queue(number))
            await queue.unbind(exchange, f"run.requested.{number:02d}")
    answer = await api.post("/runs", {"graph": GRAPH})
    assert answer.status == 202
    assert (await planner.next_run()).id == answer.body["id"]


async def test_a_run_carries_the_trace_of_its_request(api: Api, planner: Planner) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await api.post("/runs", {"graph": GRAPH}, headers=headers)
    assert (await planner.next_run()).traceparent.split("-")[1] == trace
