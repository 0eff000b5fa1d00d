"""Webhooks over HTTP; the planner is played by the tests."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock

import pytest
from pymongo.errors import AutoReconnect

from shared.contracts.value import from_json
from shared.ids import now_ms
from shared.storage.hook_events import HookEvents
from shared.storage.mongo import Store
from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.hooks import events, made, says, send
from tests.waiting import until

RESPONDING = {"nodes": [{"id": "say", "type": "webhook.respond", "config": {}}, {"id": "a", "type": "noop"}]}


async def test_what_is_sent_becomes_the_input_of_a_run_and_is_kept_as_it_came(
    api: Api, planner: Planner
) -> None:
    trigger = await made(api, mapping={"order": "body.order", "shop": 'headers["x-shop"]', "page": "query.p"})
    raw = b'{ "order" : {"$ne": ""} }'
    headers = {
        "content-type": "application/json",
        "x-shop": "Gr\u00fcn",
        "cookie": "c=1",
        "authorization": "a",
    }
    answer = await send(trigger["hook"]["url"] + "?p=1&p=2", raw, headers=headers)
    assert (answer.status, answer.body["outcome"]) == (202, "accepted")
    run = await planner.next_run()
    assert from_json(run.input.json_text or "") == {
        "order": {"$ne": ""},
        "shop": "Gr\u00fcn",
        "page": ["1", "2"],
    }
    assert (run.trigger.kind, run.trigger.id) == ("webhook", trigger["id"])
    [event] = await events(api, trigger)
    assert (event["id"], event["run_id"], event["size"]) == (answer.body["event_id"], run.id, len(raw))
    assert not {"cookie", "authorization"} & set(event["headers"])
    kept = await api.get(f"/triggers/{trigger['id']}/events/{event['id']}")
    assert (kept.body["body"], kept.body["encoding"]) == (raw.decode(), "text")


@pytest.mark.parametrize(
    ("content_type", "raw", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&a=2&b=%C3%A4", {"a": ["1", "2"], "b": "\u00e4"}),
        ("application/vnd.shop+json; charset=utf-8", b"[1]", [1]),
        ("text/plain", b"hello", "hello"),
        ("image/png", b"\x89PNG\xff", {"base64": "iVBOR/8="}),
        ("application/json", b"", None),
    ],
)
async def test_bodies_of_every_kind_are_told(
    api: Api, planner: Planner, content_type: str, raw: bytes, body: Any
) -> None:
    trigger = await made(api, mapping={"body": "body"})
    assert (await send(trigger["hook"]["url"], raw, headers={"content-type": content_type})).status == 202
    assert from_json((await planner.next_run()).input.json_text or "") == {"body": body}


async def test_large_and_binary_bodies_are_kept_whole(api: Api, planner: Planner) -> None:
    trigger = await made(api)
    raw = bytes(range(256)) * 400
    answer = await send(trigger["hook"]["url"], raw, headers={"content-type": "application/octet-stream"})
    await planner.next_run()
    kept = await api.get(f"/triggers/{trigger['id']}/events/{answer.body['event_id']}")
    assert kept.body["encoding"] == "base64"
    replayed = await api.post(f"/triggers/{trigger['id']}/events/{answer.body['event_id']}/replay")
    assert replayed.status == 202
    assert (await planner.next_run()).input.size > len(raw)


@pytest.mark.parametrize("step", ["admitted", "launched"])
async def test_a_store_that_goes_away_once_the_event_is_kept_refuses_nobody(
    api: Api, planner: Planner, gateway_store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    trigger = await made(api)
    with monkeypatch.context() as away:
        gone = AsyncMock(side_effect=AutoReconnect("the store is away"))
        away.setattr(f"services.gateway.hooks.answering.{step}", gone)
        answer = await send(trigger["hook"]["url"], b"{}")
        await until(lambda: gone.await_count == 1)
    assert (answer.status, answer.body["outcome"]) == (202, "accepted")
    left = await HookEvents(gateway_store).open_before(now_ms() + 1, 1000)
    assert answer.body["event_id"] in [each.id for each in left], "the planner starts it"


async def test_conditions_filter_and_say_why(api: Api, planner: Planner) -> None:
    condition = {"path": "body.kind", "operator": "equals", "value": "paid"}
    trigger = await made(api, conditions=[condition])
    url = trigger["hook"]["url"]
    filtered = await send(url, b'{"kind": {"$ne": "x"}}')
    assert (filtered.status, filtered.body["outcome"]) == (200, "filtered")
    assert (await send(url, b'{"kind": "paid"}')).status == 202
    await planner.next_run()
    [event] = await events(api, trigger, "?outcome=filtered")
    assert (event["reason"], event["run_id"]) == ('body.kind equals "paid"', None)


async def test_a_path_tells_which_events_are_the_same(api: Api, planner: Planner) -> None:
    trigger = await made(api, dedupe="body.id")
    first, second = [await send(trigger["hook"]["url"], b'{"id": 7}') for _ in range(2)]
    assert (first.body["duplicate"], second.body["duplicate"]) == (False, True)
    assert first.body["event_id"] == second.body["event_id"]
    other = await send(trigger["hook"]["url"], b'{"id": "7"}')
    assert other.body["event_id"] != first.body["event_id"]
    assert len({(await planner.next_run()).id for _ in range(2)}) == 2
    assert planner.requested.empty()


async def test_an_address_that_was_rotated_or_paused_leads_nowhere(api: Api, planner: Planner) -> None:
    trigger = await made(api)
    old = trigger["hook"]["url"]
    assert (await send(old)).status == 202
    await planner.next_run()
    new = (await api.post(f"/triggers/{trigger['id']}/rotate")).body["url"]
    (await send(old)).refused(404, "not_found")
    assert (await send(new)).status == 202
    await planner.next_run()
    assert (await api.get(f"/triggers/{trigger['id']}/hook")).body["url"] == new
    await api.post(f"/triggers/{trigger['id']}/pause")
    (await send(new)).refused(404, "not_found")
    await api.post(f"/triggers/{trigger['id']}/resume")
    assert (await send(new)).status == 202
    await planner.next_run()
    assert (await api.call("DELETE", f"/triggers/{trigger['id']}")).status == 204
    (await send(new)).refused(404, "not_found")


async def test_only_its_methods_are_taken(api: Api, planner: Planner) -> None:
    trigger = await made(api, methods=["GET", "PUT"], mapping={"method": "method", "body": "body"})
    refused = (await send(trigger["hook"]["url"])).refused(405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, PUT"
    assert (await send(trigger["hook"]["url"], b'{"x":1}', method="GET")).status == 202
    assert from_json((await planner.next_run()).input.json_text or "") == {"method": "GET", "body": {"x": 1}}


async def test_what_comes_while_nothing_is_published_can_be_replayed(api: Api, planner: Planner) -> None:
    trigger = await made(api, published=False)
    (await send(trigger["hook"]["url"])).refused(409, "hook_not_ready")
    [event] = await events(api, trigger, "?outcome=refused")
    replay = f"/triggers/{trigger['id']}/events/{event['id']}/replay"
    (await api.post(replay)).refused(409, "not_published")
    assert (await api.post(f"/workflows/{trigger['workflow_id']}/versions")).status == 201
    first, second = [await api.post(replay, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.status, first.body["id"]) == (202, second.body["id"])
    assert {(await planner.next_run()).id for _ in range(2)} == {first.body["id"]}
    [again] = await events(api, trigger, f"?run_id={first.body['id']}")
    assert again["replay_of"] == event["id"]


async def test_the_test_address_runs_the_draft_of_a_paused_trigger(api: Api, planner: Planner) -> None:
    trigger = await made(api, published=False, active=False)
    assert (await send(trigger["hook"]["test_url"])).status == 202
    run = await planner.next_run()
    assert run.version.startswith("adhoc:")
    assert run.workflow_id == trigger["workflow_id"]
    [event] = await events(api, trigger, "?mode=test")
    assert event["run_id"] == run.id
    assert await events(api, trigger, "?mode=live") == []


async def test_events_are_found_by_time_outcome_and_text(api: Api, planner: Planner) -> None:
    trigger = await made(api)
    for number in range(3):
        await send(trigger["hook"]["url"], b'{"order": "A-%d"}' % number)
        await planner.next_run()
    everything = await events(api, trigger)
    assert [each["id"] for each in await events(api, trigger, "?text=a-1")] == [everything[1]["id"]]
    assert await events(api, trigger, "?to=2020-01-01T00:00:00Z") == []
    assert len(await events(api, trigger, "?from=2020-01-01T00:00:00Z")) == 3
    first = (await api.get(f"/triggers/{trigger['id']}/events?limit=2")).body
    rest = (await api.get(f"/triggers/{trigger['id']}/events?limit=2&cursor={first['next']}")).body
    assert [*first["items"], *rest["items"]] == everything
    assert rest["next"] is None


async def test_an_answer_may_be_set_or_wait_for_the_end(api: Api, planner: Planner) -> None:
    at_once = await made(api, respond={"kind": "at_once", "status": 200, "body": {"ok": True}})
    answer = await send(at_once["hook"]["url"])
    assert (answer.status, answer.body) == (200, {"ok": True})
    assert "sandbox" in answer.headers["content-security-policy"]
    await planner.next_run()
    trigger = await made(api, respond={"kind": "finished", "timeout_s": 10})
    waiting = asyncio.create_task(send(trigger["hook"]["url"]))
    await planner.succeed((await planner.next_run()).id, '{"total":7}')
    assert (await waiting).body == {"total": 7}
    waiting = asyncio.create_task(send(trigger["hook"]["url"]))
    await planner.save((await planner.next_run()).id, "failed", "run.started", "run.failed")
    (await waiting).refused(502, "run_failed")
    late = await made(api, respond={"kind": "finished", "timeout_s": 0.1})
    (await send(late["hook"]["url"])).refused(504, "answer_late")
    await planner.next_run()


async def responding(api: Api, planner: Planner, output: Any) -> Any:
    """What the caller gets when the node has this output and the run goes on."""
    trigger = await made(api, RESPONDING, respond={"kind": "node", "timeout_s": 10})
    waiting = asyncio.create_task(send(trigger["hook"]["url"]))
    run = await planner.next_run()
    await says(planner, run.id, "say", output)
    return await waiting


async def test_a_node_answers_while_its_run_goes_on(api: Api, planner: Planner) -> None:
    said = {"status": 201, "headers": {"X-Order": "7", "content-type": "text/html"}, "body": "<b>hi</b>"}
    answer = await responding(api, planner, said)
    assert (answer.status, answer.headers["x-order"], answer.body) == (201, "7", b"<b>hi</b>")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await responding(api, planner, {"status": 204, "headers": {}, "body": 1})).body == b""


@pytest.mark.parametrize(
    "output",
    [
        {"status": 200, "headers": {"Set-Cookie": "a=b"}, "body": None},
        {"status": 200, "headers": {"Content-Security-Policy": "none"}, "body": None},
        {"status": 200, "headers": {"x-a": "b\r\nset-cookie: a=b"}, "body": None},
        {"status": 99, "headers": {}, "body": None},
        "free text",
    ],
)
async def test_what_a_node_must_not_send_is_not_sent(api: Api, planner: Planner, output: Any) -> None:
    (await responding(api, planner, output)).refused(502, "bad_answer")
