"""Secrets of every kind, drawn, used rightly and used wrongly: what was drawn, by name."""

import json
import secrets
from typing import Any

import aiohttp

from tests.e2e.canary import written
from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.http_server import Server

ONCE = {"max_attempts": 1}
NOWHERE = "http://127.0.0.1:1"


def drawn(kind: str) -> str:
    """A secret that is written differently in a URL, in JSON and in base64."""
    return f"cANAry/{kind}+{secrets.token_urlsafe(9)}"


async def made(weft: Weft, path: str, body: Any) -> dict[str, Any]:
    status, found = await weft.call("POST", path, body)
    assert status in (200, 201), found
    return found


async def kept(weft: Weft, type_name: str, **data: str) -> str:
    """The id of a new credential."""
    return (await made(weft, "/credentials", {"name": "Canary", "type": type_name, "data": data}))["id"]


async def in_nodes(weft: Weft, target: Server, trace: str) -> dict[str, str]:
    """A run whose nodes are given secrets, hand them on, fail with them and are run again."""
    found = {each: drawn(each) for each in ("header", "query", "variable")}
    by_header = await kept(weft, "http.header", name="X-Key", value=found["header"])
    by_query = await kept(weft, "http.query", name="key", value=found["query"])
    variable = f"canary_{secrets.token_hex(4)}"
    await made(weft, "/variables", {"name": variable, "value": found["variable"], "secret": True})
    of = using(target, by_header, by_query, variable)
    run_id = await weft.start(of, traceparent=f"00-{trace}-1111111111111111-01")
    async with weft.stream(run_id) as events:
        streamed = str([each async for each in events])
    status, again = await weft.call("POST", f"/runs/{run_id}/rerun", {})
    assert status == 202, again
    assert [(await weft.end(each))["status"] for each in (run_id, again["id"])] == ["failed"] * 2
    assert all(each in str(target.seen) for each in (found["header"], found["variable"]))
    denied = {"url": target.url("/status/401?header=x-key")}
    told = streamed + str(await made(weft, f"/credentials/{by_header}/test", denied))
    assert not any(form in told.encode() for each in found.values() for form in written(each))
    return found


def using(target: Server, by_header: str, by_query: str, variable: str) -> Body:
    """A graph with these credentials and this variable."""
    echo, told = target.url("/echo"), target.url("/status/400?header=x-key")
    sent = {"method": "POST", "url": echo, "json": {"key": f"{{{{ vars.{variable} }}}}"}}
    code = {"code": "print(seen)\nraise ValueError(seen)", "inputs": {"seen": "{{ nodes.ask.body }}"}}
    go_on = {"on_failure": "continue"}
    return graph(
        [
            http("ask", echo, credential_id=by_header),
            values("hand_on", key="{{ nodes.ask.body.headers['x-key'] }}"),
            http("fails", told, credential_id=by_header, **go_on),
            http("nowhere", NOWHERE, credential_id=by_query, retry=ONCE, **go_on),
            node("vars", "http.request", sent),
            values("shown", all="{{ nodes.vars.body }}"),
            node("code", "code.python", code, **go_on),
            http("stop", told, credential_id=by_header),
        ],
        "ask > hand_on > fails > nowhere > vars > shown > code > stop",
    )


async def hook(weft: Weft, workflow_id: str, auth: Body) -> Body:
    """What there is to know of a new webhook."""
    config = {"kind": "webhook", "auth": auth}
    return (await made(weft, "/triggers", {"workflow_id": workflow_id, "name": "Canary", "config": config}))[
        "hook"
    ]


async def at_hooks(weft: Weft) -> dict[str, str]:
    """Webhooks with every kind of proof, called with the right one and a wrong one."""
    found = {each: drawn(each) for each in ("hook_header", "hook_basic", "hook_wrong", "hook_cookie")}
    workflow_id = (await made(weft, "/workflows", {"name": "Canary", "graph": graph([node("a")])}))["id"]
    await made(weft, f"/workflows/{workflow_id}/versions", {})
    header = await hook(
        weft, workflow_id, {"kind": "header", "header": "X-Shop", "secret": found["hook_header"]}
    )
    basic = await hook(weft, workflow_id, {"kind": "basic", "user": "shop", "password": found["hook_basic"]})
    signed = await hook(weft, workflow_id, {"kind": "hmac"})
    also = {"cookie": f"c={found['hook_cookie']}", "x-api-key": found["hook_cookie"]}
    async with aiohttp.ClientSession(headers=also) as session:
        for name, status in (("hook_header", 202), ("hook_wrong", 401)):
            async with session.post(header["url"], json={}, headers={"X-Shop": found[name]}) as answer:
                assert answer.status == status
        for name, status in (("hook_basic", 202), ("hook_wrong", 401)):
            proof = {"Authorization": aiohttp.encode_basic_auth("shop", found[name])}
            async with session.post(basic["url"], json={}, headers=proof) as answer:
                assert answer.status == status
    return {**found, "hook_hmac": signed["secrets"][0].removeprefix("whsec_")}


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
