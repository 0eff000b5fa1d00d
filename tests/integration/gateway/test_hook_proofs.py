"""Who may send to a webhook: forged, replayed, re-written, misdirected and smuggled requests get nowhere, and
learn nothing."""

import asyncio
import gzip
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.value import from_json
from shared.storage.mongo import Store
from tests.integration.gateway.api import Answer, Api, Planner
from tests.integration.gateway.hooks import events, made, send, signed

HMAC = {"kind": "hmac"}
BODY = '{"amount": 10, "to": "Ada"}'
OTHER_SECRET = "whsec_" + "QUJD" * 8


async def hmac_hook(api: Api, **more: Any) -> tuple[dict[str, Any], str, str]:
    """A signed webhook: the trigger, its address and its secret."""
    trigger = await made(api, auth=HMAC, **more)
    [secret] = trigger["hook"]["secrets"]
    return trigger, trigger["hook"]["url"], secret


async def nothing_started(planner: Planner) -> None:
    await asyncio.sleep(0)
    assert planner.requested.empty()


async def test_a_message_of_the_reference_library_starts_one_run_however_often_it_is_sent(
    api: Api, planner: Planner
) -> None:
    trigger, url, secret = await hmac_hook(api)
    headers = signed(secret, BODY)
    answers = await asyncio.gather(*(send(url, BODY.encode(), headers=headers) for _ in range(5)))
    again = await send(url, BODY.encode(), headers=signed(secret, BODY))
    assert {each.status for each in [*answers, again]} == {202}
    assert len({each.body["event_id"] for each in [*answers, again]}) == 1
    assert again.body["duplicate"]
    run = await planner.next_run()
    told = {run.id}
    while not planner.requested.empty():
        told.add((await planner.next_run()).id)
    assert told == {run.id}
    [event] = await events(api, trigger)
    assert (event["dedupe_id"], event["run_id"]) == ("msg_1", run.id)
    assert not [name for name in event["headers"] if "signature" in name]


def _late(secret: str, seconds: float) -> dict[str, str]:
    return signed(secret, BODY, at=datetime.now(UTC) + timedelta(seconds=seconds))


def _but(headers: dict[str, str], **changes: str) -> dict[str, str]:
    return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}


FORGED = {
    "no signature": lambda s: {"content-type": "application/json"},
    "another secret": lambda s: signed(OTHER_SECRET, BODY),
    "another body": lambda s: signed(s, BODY.replace("10", "11")),
    "re-serialised": lambda s: signed(s, BODY.replace(" ", "")),
    "too old": lambda s: _late(s, -302),
    "from the future": lambda s: _late(s, 302),
    "new time, old signature": lambda s: _but(
        _late(s, -600), webhook_timestamp=str(int(datetime.now(UTC).timestamp()))
    ),
    "another id": lambda s: _but(signed(s, BODY), webhook_id="msg_2"),
    "id with the time in it": lambda s: _but(signed(s, BODY), webhook_id="msg.1"),
    "no id": lambda s: _but(signed(s, BODY), webhook_id=""),
    "time in letters": lambda s: _but(signed(s, BODY), webhook_timestamp="now"),
    "time as a fraction": lambda s: _but(signed(s, BODY), webhook_timestamp="1e9"),
    "another scheme": lambda s: _but(signed(s, BODY), webhook_signature="v1a,AAAA"),
    "empty signature": lambda s: _but(signed(s, BODY), webhook_signature="v1,"),
    "cut signature": lambda s: _but(
        signed(s, BODY), webhook_signature=signed(s, BODY)["webhook-signature"][:-9]
    ),
    "many wrong ones": lambda s: _but(signed(s, BODY), webhook_signature="v1,AAAA " * 500),
}


@pytest.mark.parametrize("attack", FORGED)
async def test_a_forged_message_starts_nothing_and_learns_nothing(
    api: Api, planner: Planner, attack: str
) -> None:
    trigger, url, secret = await hmac_hook(api)
    refused = (await send(url, BODY.encode(), headers=FORGED[attack](secret))).refused(401, "unauthorized")
    assert refused.body["detail"] == "This webhook could not make sure that it is you who has sent this"
    await nothing_started(planner)
    [event] = await events(api, trigger)
    assert (event["outcome"], event["size"]) == ("refused", 0)
    replay = await api.post(f"/triggers/{trigger['id']}/events/{event['id']}/replay")
    replay.refused(409, "not_kept")


async def test_a_signature_is_good_for_one_webhook_only(api: Api, planner: Planner) -> None:
    _, _, secret = await hmac_hook(api)
    _, other, _ = await hmac_hook(api)
    (await send(other, BODY.encode(), headers=signed(secret, BODY))).refused(401, "unauthorized")
    await nothing_started(planner)


async def test_smuggled_doubles_of_headers_are_refused(api: Api, planner: Planner) -> None:
    _, url, secret = await hmac_hook(api)
    good = signed(secret, BODY)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        doubled = [*good.items(), (name, good[name])]
        (await send(url, BODY.encode(), headers=doubled)).refused(401, "unauthorized")
    await nothing_started(planner)


async def test_secrets_are_changed_over_without_a_gap(api: Api, planner: Planner) -> None:
    trigger, url, old = await hmac_hook(api)
    path = f"/triggers/{trigger['id']}/secrets"
    [new] = (await api.post(path, {"keep_s": 3600})).body["secrets"]
    for index, secret in enumerate((old, new)):
        assert (await send(url, BODY.encode(), headers=signed(secret, BODY, f"m{index}"))).status == 202
        await planner.next_run()
    both = _but(signed(OTHER_SECRET, BODY, "m3"))
    both["webhook-signature"] += " " + signed(new, BODY, "m3")["webhook-signature"]
    assert (await send(url, BODY.encode(), headers=both)).status == 202
    await planner.next_run()
    assert (await api.post(path, {"secret": OTHER_SECRET, "keep_s": 0})).body["secrets"] == []
    for secret in (old, new):
        (await send(url, BODY.encode(), headers=signed(secret, BODY, "m4"))).refused(401, "unauthorized")
    assert (await send(url, BODY.encode(), headers=signed(OTHER_SECRET, BODY, "m5"))).status == 202
    await planner.next_run()


async def test_a_key_in_a_header(api: Api, planner: Planner) -> None:
    auth = {"kind": "header", "header": "X-Shop-Key", "secret": "correct-horse"}
    trigger = await made(api, auth=auth)
    url = trigger["hook"]["url"]
    wrong: list[Any] = [{}, {"x-shop-key": "wrong-horse"}, {"x-shop-key": ""}]
    wrong.append([("x-shop-key", "correct-horse"), ("x-shop-key", "wrong-horse")])
    for headers in wrong:
        (await send(url, headers=headers)).refused(401, "unauthorized")
    assert (await send(url, headers={"X-SHOP-KEY": "correct-horse"})).status == 202
    assert "x-shop-key" not in from_json((await planner.next_run()).input.json_text or "")["headers"]


async def test_user_and_password(api: Api, planner: Planner) -> None:
    trigger = await made(api, auth={"kind": "basic", "user": "shop"})
    [password] = trigger["hook"]["secrets"]

    async def called(authorization: str) -> Answer:
        return await send(trigger["hook"]["url"], headers={"authorization": authorization})

    for wrong in ("", "Basic", "Basic !!", f"Bearer {password}", "Basic c2hvcA=="):
        refused = (await called(wrong)).refused(401, "unauthorized")
        assert refused.headers["www-authenticate"].startswith("Basic")
    for user, given in (("shop", "x"), ("other", password)):
        (await called("Basic " + b64encode(f"{user}:{given}".encode()).decode())).refused(401, "unauthorized")
    assert (await called("Basic " + b64encode(f"shop:{password}".encode()).decode())).status == 202
    await planner.next_run()


async def test_secrets_are_kept_so_that_the_store_alone_opens_nothing(
    api: Api, planner: Planner, gateway_store: Store
) -> None:
    auths = [HMAC, {"kind": "header", "header": "x-key"}, {"kind": "basic", "user": "shop"}]
    for auth in auths:
        trigger = await made(api, auth=auth)
        token = trigger["hook"]["url"].rsplit("/", 1)[1]
        stored = str(await gateway_store["triggers"].find({"_id": trigger["id"]}))
        shown = str((await api.get(f"/triggers/{trigger['id']}")).body)
        for canary in (token, *trigger["hook"]["secrets"]):
            assert canary not in stored
            assert canary.removeprefix("whsec_") not in stored
            assert canary not in shown


async def test_a_secret_that_is_not_sent_again_stays(api: Api, planner: Planner) -> None:
    trigger, url, secret = await hmac_hook(api)
    change = {"name": "New", "rev": 1, "config": {"kind": "webhook", "auth": HMAC, "methods": ["PUT"]}}
    replaced = await api.put(f"/triggers/{trigger['id']}", change)
    assert replaced.body["hook"] == {**trigger["hook"], "secrets": []}
    assert (await send(url, BODY.encode(), method="PUT", headers=signed(secret, BODY))).status == 202
    await planner.next_run()


async def test_bombs_do_no_harm(api: Api, planner: Planner) -> None:
    trigger = await made(api)
    url, json = trigger["hook"]["url"], {"content-type": "application/json"}
    packed = {**json, "content-encoding": "gzip"}
    (await send(url, gzip.compress(bytes(10_000_000)), headers=packed)).refused(415, "unsupported_encoding")
    (await send(url, b"[" * 100_000, headers=json)).refused(422, "too_deep")
    (await send(url, b'{"a":' * 100 + b"1" + b"}" * 100, headers=json)).refused(422, "too_deep")
    (await send(url, b"{", headers=json)).refused(400, "malformed_json")
    (await send(url, b'{"n": 1' + b"0" * 24 + b"}", headers=json)).refused(422, "number_too_large")
    form = {"content-type": "application/x-www-form-urlencoded"}
    (await send(url, b"a&" * 5_000, headers=form)).refused(422, "not_possible")
    (await send(url + "?" + "a&" * 5_000)).refused(422, "not_possible")
    (await send(url, bytes(6_000_000))).refused(413, "body_too_large")
    assert (await send(url, headers={"x-large": "a" * 70_000})).status == 431
    await nothing_started(planner)


@pytest.mark.parametrize(
    "token", ["..%2F..%2Fme", "%2e%2e", "a" * 32, "a" * 31 + "%00", "' or 1=1", "[$ne]=", "x" * 5_000]
)
async def test_a_guessed_address_leads_nowhere(api: Api, planner: Planner, token: str) -> None:
    for path in (f"/api/v1/hooks/{token}", f"/api/v1/hooks/{token}/test"):
        assert (await send(api.root + path)).status in (401, 404)


async def test_refused_events_do_not_fill_the_store(api: Api, planner: Planner) -> None:
    trigger, url, _ = await hmac_hook(api)
    await asyncio.gather(*(send(url) for _ in range(40)))
    assert len(await events(api, trigger)) == 30


@pytest.mark.parametrize(
    "config",
    [
        {"auth": {"kind": "hmac", "secrets": ["whsec_short"]}},
        {"auth": {"kind": "hmac", "secrets": []}},
        {"auth": {"kind": "header", "header": "Content-Length"}},
        {"auth": {"kind": "header", "header": "a b"}},
        {"auth": {"kind": "basic", "user": "a:b"}},
        {"auth": {"kind": "basic", "user": "a", "password": {"$ne": ""}}},
        {"auth": {"kind": "none", "address": "x"}},
        {"methods": []},
        {"methods": ["TRACE"]},
        {"respond": {"kind": "at_once", "status": 500}},
        {"respond": {"kind": "finished", "timeout_s": 1e9}},
        {"dedupe": "__import__('os')"},
        {"address": "0" * 64},
        {"token": {"key": "a", "text": "b"}},
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(api: Api, config: dict[str, Any]) -> None:
    body = {"workflow_id": "wf_x", "name": "T", "config": {"kind": "webhook", **config}}
    refused = (await api.post("/triggers", body)).refused(422, "invalid_request")
    assert refused.body["errors"]
