"""Secrets of every kind, used rightly and wrongly, and then hunted wherever something is kept or shown."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import aiohttp

from shared.messaging.topology import EXCHANGE
from tests.e2e.canary import documents, places, written
from tests.e2e.client import Weft, graph, http, node, values
from tests.e2e.otlp import Spans
from tests.http_server import Server

ONCE = {"max_attempts": 1}
NOWHERE = "http://127.0.0.1:1"
BASE = "/api/v1/workspaces/"


def drawn(kind: str) -> str:
    """A secret that is written differently in a URL, in JSON and in base64."""
    return f"cANAry/{kind}+{secrets.token_urlsafe(9)}"


async def made(weft: Weft, path: str, body: Any) -> dict[str, Any]:
    status, found = await weft.call("POST", path, body)
    assert status in (200, 201), found
    return found


@asynccontextmanager
async def tapped(amqp_url: str) -> AsyncIterator[list[bytes]]:
    """All that is said on the bus meanwhile."""
    said: list[bytes] = []
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EXCHANGE, "#")

        async def heard(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            said.append(message.body + str(message.headers).encode())

        await queue.consume(heard, no_ack=True)
        yield said


async def in_nodes(weft: Weft, target: Server, trace: str) -> dict[str, str]:
    """A run whose nodes are given secrets, hand them on, fail with them and are tried again."""
    found = {each: drawn(each) for each in ("header", "query", "variable")}
    header = {"name": "Canary", "type": "http.header", "data": {"name": "X-Key", "value": found["header"]}}
    query = {"name": "Canary", "type": "http.query", "data": {"name": "key", "value": found["query"]}}
    by_header, by_query = [(await made(weft, "/credentials", each))["id"] for each in (header, query)]
    variable = f"canary_{secrets.token_hex(4)}"
    await made(weft, "/variables", {"name": variable, "value": found["variable"], "secret": True})
    sent = {"method": "POST", "url": target.url("/echo"), "json": {"key": f"{{{{ vars.{variable} }}}}"}}
    run_id = await weft.start(
        graph(
            [
                http("ask", target.url("/echo"), credential_id=by_header),
                values("hand_on", key="{{ nodes.ask.body.headers['x-key'] }}"),
                http(
                    "fails",
                    target.url("/status/400?header=x-key"),
                    credential_id=by_header,
                    on_failure="continue",
                ),
                http("nowhere", NOWHERE, credential_id=by_query, on_failure="continue", retry=ONCE),
                node("vars", "http.request", sent),
                values("shown", all="{{ nodes.vars.body }}"),
                node(
                    "code",
                    "code.python",
                    {
                        "code": "print(seen)\nraise ValueError(seen)",
                        "inputs": {"seen": "{{ nodes.ask.body }}"},
                    },
                    on_failure="continue",
                ),
                http("stop", target.url("/status/400?header=x-key"), credential_id=by_header),
            ],
            "ask > hand_on > fails > nowhere > vars > shown > code > stop",
        ),
        traceparent=f"00-{trace}-1111111111111111-01",
    )
    async with weft.stream(run_id) as events:
        streamed = str([each async for each in events])
    assert (await weft.end(run_id))["status"] == "failed"
    assert found["header"] in str(target.seen)
    assert found["variable"] in str(target.seen)
    again = (await made_run(weft, f"/runs/{run_id}/rerun"))["id"]
    assert (await weft.end(again))["status"] == "failed"
    tried = await made(
        weft, f"/credentials/{by_header}/test", {"url": target.url("/status/401?header=x-key")}
    )
    assert not any(
        form in (streamed + str(tried)).encode() for each in found.values() for form in written(each)
    )
    return found


async def made_run(weft: Weft, path: str) -> dict[str, Any]:
    status, run = await weft.call("POST", path, {})
    assert status in (200, 202), run
    return run


async def at_hooks(weft: Weft) -> dict[str, str]:
    """Webhooks with every kind of proof, called with the right one, a wrong one, and one in a wrong place."""
    found = {each: drawn(each) for each in ("hook_header", "hook_basic", "hook_wrong", "hook_cookie")}
    workflow = await made(weft, "/workflows", {"name": "Canary", "graph": graph([node("a")])})
    await made(weft, f"/workflows/{workflow['id']}/versions", {})
    auths: list[dict[str, Any]] = [
        {"kind": "header", "header": "X-Shop", "secret": found["hook_header"]},
        {"kind": "basic", "user": "shop", "password": found["hook_basic"]},
    ]
    async with aiohttp.ClientSession() as session:
        for auth in auths:
            config = {"kind": "webhook", "auth": auth}
            body = {"workflow_id": workflow["id"], "name": "Canary", "config": config}
            url = (await made(weft, "/triggers", body))["hook"]["url"]
            for secret, status in (
                (found["hook_header"], 0),
                (found["hook_basic"], 0),
                (found["hook_wrong"], 401),
            ):
                basic = aiohttp.BasicAuth("shop", secret)
                headers = {
                    "x-shop": secret,
                    "cookie": f"c={found['hook_cookie']}",
                    "x-api-key": found["hook_cookie"],
                }
                async with session.post(url, json={}, headers=headers, auth=basic) as answer:
                    assert answer.status == status or (not status and answer.status in (202, 401))
                    assert secret not in await answer.text()
    drawn_one = await made(weft, "/triggers", {"workflow_id": workflow["id"], "name": "Canary",
                           "config": {"kind": "webhook", "auth": {"kind": "hmac"}}})  # fmt: skip
    return {**found, "hook_hmac": drawn_one["hook"]["secrets"][0].removeprefix("whsec_")}


async def in_channels(weft: Weft, target: Server) -> dict[str, str]:
    """Channels that work and do not."""
    found = {each: drawn(each) for each in ("slack", "slack_gone", "mail")}
    slack = [{"kind": "slack", "url": f"{target.url('/status/500')}?token={found['slack']}"},
             {"kind": "slack", "url": f"{NOWHERE}/{found['slack_gone']}"}]  # fmt: skip
    mail = {
        "kind": "email", "host": "127.0.0.1", "port": 1, "tls": "none", "user": "u",
        "password": found["mail"], "sender": "a@example.com", "to": ["b@example.com"],
    }  # fmt: skip
    for settings in (*slack, mail):
        channel = await made(weft, "/alerts/channels", {"name": "Canary", "settings": settings})
        tested = await made(weft, f"/alerts/channels/{channel['id']}/test?wait=20", None)
        assert tested["deliveries"][0]["status"] == "failed"
    hook = {"kind": "webhook", "url": target.url("/echo")}
    signed = await made(weft, "/alerts/channels", {"name": "Canary", "settings": hook})
    await made(weft, f"/alerts/channels/{signed['id']}/test?wait=20", None)
    return {**found, "signing": signed["secret"].removeprefix("whsec_")}


async def of_people(weft: Weft, root: str) -> dict[str, str]:
    """Somebody who comes in, mistypes, signs in and makes keys."""
    password, wrong = drawn("password"), drawn("wrong_password")
    email = f"canary-{secrets.token_hex(4)}@example.com"
    invited = await made(weft, "/invitations", {"email": email, "role": "editor"})
    token = invited["token"]
    async with aiohttp.ClientSession() as session:

        async def post(path: str, body: Any, status: int, access: str = "") -> Any:
            headers = {"Authorization": f"Bearer {access}"} if access else {}
            async with session.post(f"{root}/api/v1{path}", json=body, headers=headers) as answer:
                text = await answer.text()
                assert answer.status == status, text
                assert wrong not in text
                return json.loads(text)

        signed = await post(
            "/auth/invitations/accept", {"token": token, "password": password, "name": "C"}, 200
        )
        await post("/auth/sign-in", {"email": email, "password": wrong}, 401)
        await post("/auth/sign-in", {"email": wrong, "password": password}, 422)
        fresh = await post("/auth/refresh", {"refresh_token": signed["refresh_token"]}, 200)
        key = await post("/me/api-keys", {"name": "Canary"}, 201, fresh["access_token"])
        await post("/me/password", {"old": wrong, "new": password}, 401, fresh["access_token"])
    return {"password": password, "wrong": wrong, "invitation": token, "refresh": signed["refresh_token"],
            "access": fresh["access_token"], "key": key["key"]}  # fmt: skip


async def shown(weft: Weft) -> list[tuple[str, bytes]]:
    """Every answer to a GET, of all that has an id as well."""
    root, workspace = weft.url.split(BASE)
    found: list[tuple[str, bytes]] = []
    session = weft._session

    async def get(path: str) -> Any:
        async with session.get(f"{root}{path}") as answer:
            raw = await answer.read()
            found.append((path, raw))
            return json.loads(raw) if answer.content_type == "application/json" else None

    paths = (await get("/api/v1/openapi.json"))["paths"]
    lists = [each for each in paths if "get" in paths[each] and "{" not in each.replace("{workspace_id}", "")]
    for template in lists:
        path = template.replace("{workspace_id}", workspace)
        body = await get(path)
        for each in (
            (body or {}).get("items", [])[:10] if f"{template}/" in "".join(f"{p}/" for p in paths) else []
        ):
            own = str(each.get("id") or each.get("name") or "")
            deeper = [
                p
                for p in paths
                if p.startswith(f"{template}/{{")
                and "get" in paths[p]
                and p.count("{") == template.count("{") + 1
            ]
            for below in deeper:
                await get(f"{path}/{own}{below[below.rindex('}') + 1 :]}")
    for path in ("audit/export?format=csv", "audit/export?format=ndjson", "analytics/errors?format=csv"):
        await get(f"{BASE}{workspace}/{path}")
    return found


async def test_no_secret_is_kept_or_shown_anywhere(
    weft: Weft, target: Server, spans: Spans, system: dict[str, Any]
) -> None:
    trace = secrets.token_hex(16)
    async with tapped(system["amqp_url"]) as said:
        hunted = await in_nodes(weft, target, trace)
        hunted |= await at_hooks(weft) | await in_channels(weft, target)
        hunted |= await of_people(weft, weft.url.split(BASE)[0])
        await spans.trace(trace, lambda found: sum(each.service == "connectors" for each in found) >= 5)
    answers = await shown(weft)
    assert len(answers) > 60
    assert len(said) > 30
    where = [*places(weft.home), *await documents(system["mongo_url"]), *answers,
             ("bus", b"\n".join(said)), ("traces", b"".join(spans.raw))]  # fmt: skip
    found = {
        (place, kind)
        for kind, secret in hunted.items()
        for form in written(secret)
        for place, text in where
        if form in text
    }
    assert not found
    assert any(b"Canary" in text for place, text in where if place.startswith("store:"))  # the control
    assert b"Canary" in b"".join(text for _, text in answers)
