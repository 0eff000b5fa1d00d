"""Webhooks through the whole system: from an HTTP request to a run, and back."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
from standardwebhooks import Webhook

from shared.contracts.hook_event import OPEN, HookEvent
from shared.contracts.value import inline, to_json
from shared.ids import now_ms
from shared.starting import fired_id
from shared.storage.hook_events import HookEvents
from shared.storage.mongo import Store
from tests.e2e.client import Body, Weft, graph, node, values
from tests.e2e.test_triggers import published, runs_of, until

MANY = 60


async def hook(weft: Weft, of: Body, **config: Any) -> Body:
    """A webhook of a new workflow."""
    body = {"workflow_id": await published(weft, of), "name": "T", "config": {"kind": "webhook", **config}}
    status, made = await weft.call("POST", "/triggers", body)
    assert status == 201, made
    return made


async def test_a_node_answers_the_caller_with_status_headers_and_body_while_the_run_goes_on(
    weft: Weft,
) -> None:
    answer = {
        "status": 201,
        "headers": {"Location": "/orders/{{ trigger.body.order }}", "x-weft": "yes"},
        "body": {"order": "{{ trigger.body.order + 1 }}"},
    }
    nodes = [
        values("a", n=1),
        node("say", "webhook.respond", answer),
        node("later", "wait", {"seconds": 600}),
    ]
    trigger = await hook(weft, graph(nodes, "a > say > later"), respond={"kind": "node"})
    async with (
        aiohttp.ClientSession() as session,
        session.post(trigger["hook"]["url"], json={"order": 6}, allow_redirects=False) as response,
    ):
        assert (response.status, await response.json()) == (201, {"order": 7})
        assert (response.headers["location"], response.headers["x-weft"]) == ("/orders/6", "yes")
    _, page = await weft.call("GET", f"/triggers/{trigger['id']}/runs")
    [run] = page["items"]
    assert (run["finished_at"], run["trigger"]["kind"]) == (None, "webhook")
    await weft.call("POST", f"/runs/{run['id']}/cancel", {})


async def test_an_answer_is_what_the_run_comes_to(weft: Weft) -> None:
    doubled = graph([values("a", n="{{ trigger.n * 2 }}")], output="{{ nodes.a }}")
    config = {"respond": {"kind": "finished"}, "methods": ["GET"]}
    trigger = await hook(weft, doubled, **config)
    mapping = {"name": "T", "rev": 1, "mapping": {"n": "body.n"}, "config": {"kind": "webhook", **config}}
    status, _ = await weft.call("PUT", f"/triggers/{trigger['id']}", mapping)
    assert status == 200
    async with (
        aiohttp.ClientSession() as session,
        session.get(trigger["hook"]["url"], json={"n": 21}) as response,
    ):
        assert (response.status, await response.json()) == (200, {"n": 42})


async def test_an_event_whose_gateway_died_before_its_run_began_is_completed(
    weft: Weft, system_store: Store
) -> None:
    trigger = await hook(weft, graph([values("a", who="{{ trigger.body.who }}")]))
    at = now_ms() - 20_000
    event = HookEvent(
        id=f"evt_{trigger['id']}", order=str(at), trigger_id=trigger["id"], workspace_id="default",
        workflow_id=trigger["workflow_id"], received_at=at, method="POST", whole=True, outcome="accepted",
        headers=to_json({"content-type": "application/json"}), body=inline(to_json('{"who":"Ada"}')),
        run_id=fired_id(trigger["id"], f"evt_{trigger['id']}", at), open=OPEN,
    )  # fmt: skip
    await HookEvents(system_store).insert(event)
    [run] = await runs_of(weft, trigger["id"], 1)
    assert run["id"] == event.run_id
    _, full = await weft.call("GET", f"/runs/{run['id']}")
    assert full["output"]["a"] == {"who": "Ada"}


async def test_a_gateway_killed_under_load_loses_no_event_and_starts_none_twice(weft: Weft) -> None:
    trigger = await hook(weft, graph([values("a", n="{{ trigger.body.n }}")]), auth={"kind": "hmac"})
    url, [secret] = trigger["hook"]["url"], trigger["hook"]["secrets"]

    async def sent(session: aiohttp.ClientSession, number: int) -> bool:
        """Whether it was acknowledged."""
        now, body = datetime.now(UTC), orjson.dumps({"n": number}).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": f"msg_{number}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(f"msg_{number}", now, body),
        }
        try:
            async with session.post(url, data=body, headers=headers) as response:
                return response.status == 202
        except aiohttp.ClientError:
            return False

    few_at_once = aiohttp.TCPConnector(limit=10)  # so that most are still to be sent when it is killed
    async with aiohttp.ClientSession(connector=few_at_once) as session:
        sending = [asyncio.create_task(sent(session, number)) for number in range(MANY)]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        killed = weft.kill("gateway")
        acknowledged = await asyncio.gather(*sending)
        assert not all(acknowledged), "the gateway was killed too late to show anything"
        await weft.back("gateway", killed)
        for _ in range(2):
            assert all(await asyncio.gather(*(sent(session, number) for number in range(MANY))))
    runs = await runs_of(weft, trigger["id"], MANY)
    assert len(runs) == MANY

    async def all_told() -> bool:
        _, page = await weft.call("GET", f"/triggers/{trigger['id']}/events?limit=200")
        return {each["run_id"] for each in page["items"]} == {each["id"] for each in runs}

    await until(all_told)
