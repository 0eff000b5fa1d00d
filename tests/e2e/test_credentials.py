"""Credentials from the API to a server outside and back, and not a trace of them anywhere else."""

import asyncio
import base64
import secrets
from typing import Any

import aio_pika
import aiohttp
import pytest

from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.node_run import NodeResult
from shared.ids import now_ms
from shared.messaging import topology
from shared.storage.credentials import Credentials
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from tests.e2e.canary import documents, places, written
from tests.e2e.client import Weft, graph, http, node, values
from tests.e2e.otlp import Spans
from tests.http_server import Server
from tests.oauth_server import CLIENT_SECRET, OAuthServer, oauth_server

ONCE = {"max_attempts": 1}
NOBODY = "http://127.0.0.1:1/"


async def kept(weft: Weft, type_name: str, data: dict[str, Any], **more: Any) -> str:
    """The id of a new credential."""
    body = {"name": f"Test {type_name}", "type": type_name, "data": data, **more}
    status, made = await weft.call("POST", "/credentials", body)
    assert status == 201, made
    return made["id"]


async def tried(weft: Weft, credential_id: str, **body: Any) -> dict[str, Any]:
    status, found = await weft.call("POST", f"/credentials/{credential_id}/test", body)
    assert status == 200, found
    return found


@pytest.mark.parametrize(
    ("type_name", "data", "seen"),
    [
        ("http.bearer", {"token": "tok-1234567"}, {"authorization": "Bearer tok-1234567"}),
        (
            "http.basic",
            {"username": "ada", "password": "pass:w0rd"},
            {"authorization": "Basic " + base64.b64encode(b"ada:pass:w0rd").decode()},
        ),
        ("http.header", {"name": "X-Api-Key", "value": "key-1234567"}, {"x-api-key": "key-1234567"}),
        ("http.query", {"name": "api_key", "value": "key-1234567"}, {}),
    ],
)
async def test_the_other_side_gets_to_see_it_and_nobody_else_does(
    weft: Weft, target: Server, type_name: str, data: dict[str, Any], seen: dict[str, str]
) -> None:
    credential = await kept(weft, type_name, data)
    run = await weft.run(graph([http("ask", target.url("/echo"), credential_id=credential)]))
    assert run["status"] == "succeeded", run["failure"]
    asked = target.seen[-1]
    headers = asked["headers"]
    assert isinstance(headers, dict)
    assert seen.items() <= headers.items()
    assert (type_name == "http.query") == (asked["query"] == [["api_key", "key-1234567"]])
    shown = str(run) + str(await weft.node(run["id"], "ask"))
    assert "[redacted]" in shown
    assert not any(secret in shown for secret in (*seen.values(), "1234567", "pass:w0rd"))


async def test_a_secret_is_found_in_no_store_log_stream_or_trace(
    weft: Weft, target: Server, spans: Spans, system: dict[str, Any]
) -> None:
    canary = f'cANAry/{secrets.token_urlsafe(12)}+"x'
    credential = await kept(weft, "http.header", {"name": "X-Key", "value": canary})
    in_url = await kept(weft, "http.query", {"name": "key", "value": canary})
    echo, again = target.url("/echo"), "{{ nodes.ask.body.headers['x-key'] }}"
    trace = secrets.token_hex(16)
    run_id = await weft.start(
        graph(
            [
                http("ask", echo, credential_id=credential),
                values("hand_on", key=again),
                http("fails", target.url("/status/400?header=x-key"), credential_id=credential,
                     on_failure="continue"),
                http("nowhere", NOBODY, credential_id=in_url, on_failure="continue", retry=ONCE),
                http("back", target.url("/echo"), "POST", credential_id=in_url),
            ],
            "ask > hand_on > fails > nowhere > back",
        ),
        traceparent=f"00-{trace}-1111111111111111-01",
    )  # fmt: skip
    async with weft.stream(run_id) as events:
        streamed = str([each async for each in events])
    assert (await weft.end(run_id))["status"] == "succeeded"
    await spans.trace(trace, lambda found: sum(each.service == "connectors" for each in found) >= 3)
    assert target.seen[0]["headers"]["x-key"] == canary  # type: ignore[index]
    hunted = [*places(weft.home), *await documents(system["mongo_url"]), ("stream", streamed.encode()),
              ("traces", b"".join(spans.raw))]  # fmt: skip
    assert not {(place, form) for place, text in hunted for form in written(canary) if form in text}


async def test_it_is_never_shown_again_but_can_be_replaced(weft: Weft, target: Server) -> None:
    credential = await kept(weft, "http.bearer", {"token": "first-token", "hosts": ["127.0.0.1"]})
    status, shown = await weft.call("GET", f"/credentials/{credential}")
    assert (status, shown["fields"]) == (200, {"hosts": ["127.0.0.1"], "test_url": None})
    assert "first-token" not in str(shown)
    change = {"rev": shown["rev"], "data": {"token": "second-token"}}
    assert (await weft.call("PUT", f"/credentials/{credential}", change))[0] == 200
    assert (await weft.call("PUT", f"/credentials/{credential}", change))[0] == 409
    await weft.run(graph([http("ask", target.url("/echo"), credential_id=credential)]))
    assert target.seen[-1]["headers"]["authorization"] == "Bearer second-token"  # type: ignore[index]


async def test_it_goes_only_to_the_hosts_that_it_names(weft: Weft, target: Server) -> None:
    credential = await kept(weft, "http.bearer", {"token": "tok-1234567", "hosts": ["*.example.com"]})
    run = await weft.run(graph([http("ask", target.url("/echo"), credential_id=credential)]))
    assert run["failure"]["code"] == "credential_host"
    assert target.seen == []


async def test_a_test_says_whether_it_works_and_why_not(weft: Weft, target: Server) -> None:
    credential = await kept(weft, "http.bearer", {"token": "tok-1234567", "test_url": target.url("/echo")})
    assert (await tried(weft, credential))["works"] is True
    denied = await tried(weft, credential, url=target.url("/status/401?body=who+is+tok-1234567"))
    assert (denied["works"], denied["message"]) == (False, "the server answered 401: who is [redacted]")
    _, shown = await weft.call("GET", f"/credentials/{credential}")
    assert shown["last_test"]["works"] is False


async def result_of(node_runs: NodeRuns, claim: str) -> NodeResult:
    """The result of an attempt that no run waits for."""
    async with asyncio.timeout(60):
        while not (stored := (await node_runs.load([claim])).get(claim)) or not stored.results:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return stored.results[0]


async def test_a_forged_message_opens_no_credential_of_another_workspace_or_workflow(
    weft: Weft, target: Server, broker: aio_pika.abc.AbstractChannel, system_store: Store
) -> None:
    credential = await kept(weft, "http.bearer", {"token": "tok-1234567"})
    exchange = await broker.get_exchange(topology.EXCHANGE)
    for number, (workspace, workflow) in enumerate([("other", None), ("default", "wf_of_somebody")]):
        run_id = f"run_forged_{number}_{secrets.token_hex(4)}"
        forged = NodeTask(
            node="ask", type="http.request", attempt=1, config=f'{{"url": "{target.url("/echo")}"}}',
            timeout_s=20, credential_id=credential,
        )  # fmt: skip
        ready = NodeReady(
            run_id=run_id, workspace_id=workspace, workflow_id=workflow, pool="http", nodes=[forged],
            side_effects="repeatable", sent_at=now_ms(),
        )  # fmt: skip
        message = aio_pika.Message(ready.model_dump_json().encode(), type=NodeReady.event)
        await exchange.publish(message, topology.ready_key("http", "normal"))
        claim = f"{run_id}:ask:1"
        failure = (await result_of(NodeRuns(system_store), claim)).failure
        assert failure
        assert failure.code == ["unknown_credential", "unshared_credential"][number]
    assert target.seen == []


async def test_its_envelope_opens_nowhere_else(weft: Weft, target: Server, system_store: Store) -> None:
    """As somebody would try who can write to the store."""
    mine = await kept(weft, "http.bearer", {"token": "tok-mine"})
    theirs = await kept(weft, "http.bearer", {"token": "tok-theirs"})
    store = Credentials(system_store)
    victim, own = await store.get("default", theirs), await store.get("default", mine)
    assert victim
    assert own
    assert await store.save(own.model_copy(update={"sealed": victim.sealed, "rev": own.rev + 1}))
    run = await weft.run(graph([http("ask", target.url("/echo"), credential_id=mine)]))
    assert run["failure"]["code"] == "broken_credential"
    assert "another place" in run["failure"]["message"]


async def test_answers_are_remembered_for_one_credential_only(weft: Weft, target: Server) -> None:
    url = target.url(f"/flaky/{secrets.token_hex(4)}?times=0")
    first, second = [await kept(weft, "http.bearer", {"token": f"tok-{n}-1234"}) for n in range(2)]
    for credential in (first, first, second):
        ask = http("ask", url, credential_id=credential)
        ask["policy"]["cache_ttl_s"] = 60
        assert (await weft.run(graph([ask])))["status"] == "succeeded"
    assert len(target.seen) == 2


async def connected(weft: Weft, server: OAuthServer) -> str:
    """A credential that somebody has connected with their browser."""
    credential = await kept(weft, "oauth2", server.data())
    async with aiohttp.ClientSession() as browser:
        status, begun, headers = await weft.asked("POST", f"/credentials/{credential}/authorize")
        assert status == 200, begun
        async with browser.get(begun["url"], allow_redirects=False) as page:
            back = page.headers["Location"]
        own = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        for cookie, status in (({}, 403), (own, 200), (own, 404)):  # another browser; its own; once more
            async with browser.get(back, headers=cookie) as page:
                assert page.status == status, await page.text()
    return credential


async def test_a_sign_in_is_kept_up_until_the_other_side_ends_it(weft: Weft, system: dict[str, Any]) -> None:
    async with oauth_server() as server:
        credential = await connected(weft, server)
        ask = graph([http("ask", f"{server.url}/api", credential_id=credential, retry=ONCE)])
        assert (await weft.run(ask))["status"] == "succeeded"
        assert server.refreshes == 0
        server.revoke_access()
        runs = [await weft.start(ask) for _ in range(5)]
        assert {(await weft.end(each))["status"] for each in runs} == {"succeeded"}
        assert (server.refreshes, server.reused) == (1, 0)
        server.revoke_all()
        run = await weft.run(ask)
        assert run["failure"]["code"] == "reconnect_credential"
        _, shown = await weft.call("GET", f"/credentials/{credential}")
        assert shown["status"] == "connect"
        hunted = [*places(weft.home), *await documents(system["mongo_url"])]
        for secret in (*server.given_out, CLIENT_SECRET):
            assert not [place for place, text in hunted for form in written(secret) if form in text]


async def test_who_began_in_another_browser_finishes_with_the_code(weft: Weft) -> None:
    async with oauth_server() as server, aiohttp.ClientSession() as browser:
        credential = await kept(weft, "oauth2", server.data())
        _, begun = await weft.call("POST", f"/credentials/{credential}/authorize")
        async with browser.get(begun["url"]) as page:
            sent = {name: page.url.query[name] for name in ("state", "code")}
        status, done = await weft.call("POST", f"/credentials/{credential}/connect", sent)
        assert (status, done["works"]) == (200, True)
        assert (await weft.call("POST", f"/credentials/{credential}/connect", sent))[0] == 404
        assert (await tried(weft, credential))["works"] is True


async def test_a_node_with_auth_and_a_credential_is_told_to_choose(weft: Weft, target: Server) -> None:
    credential = await kept(weft, "http.bearer", {"token": "tok-1234567"})
    config = {"url": target.url("/echo"), "auth": {"type": "bearer", "token": "x"}}
    run = await weft.run(graph([node("ask", "http.request", config, credential_id=credential)]))
    assert run["failure"]["code"] == "bad_config"
