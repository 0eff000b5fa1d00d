"""A workspace's variables in runs."""

import base64
import json
from typing import Any
from urllib.parse import quote

from tests.e2e.client import Weft, graph, node, values
from tests.http_server import Server

SECRET = "correct/horse+battery=staple"


async def put(weft: Weft, name: str, value: Any, *, secret: bool = False) -> None:
    """Have the variable with that value, whatever was there."""
    await weft.call("DELETE", f"/variables/{name}")
    status, made = await weft.call("POST", "/variables", {"name": name, "value": value, "secret": secret})
    assert status == 201, made


async def test_a_change_counts_for_every_node_sent_after_it(weft: Weft) -> None:
    await put(weft, "greeting", {"text": "Hello", "names": ["Ada", "Bob"]})
    each = graph([values("say", text="{{ vars.greeting.text }} {{ item }}")], output="{{ nodes.say.text }}")
    of = graph(
        [
            node("all", "map", {"items": "{{ vars.greeting.names }}", "graph": each}),
            node("any", "set", {"values": {"n": "{{ len(vars['gree' + 'ting'].names) }}"}}),
        ],
        "all > any",
    )
    run = await weft.run(of)
    assert run["output"] == {"any": {"n": 2}}
    found = await weft.node(run["id"], "all")
    assert found["attempts"][-1]["output"] == ["Hello Ada", "Hello Bob"]
    await put(weft, "greeting", {"text": "Bye", "names": ["Eve"]})
    bye = await weft.run({**of, "settings": {"output": "{{ vars.greeting.text }}"}})
    assert bye["output"] == "Bye"
    large = "x" * 60_000
    await put(weft, "large", large)
    assert (await weft.run(graph([values("a", n="{{ len(vars.large) }}")])))["output"]["a"]["n"] == 60_000


async def test_a_variable_that_is_not_there_fails_the_node(weft: Weft) -> None:
    run = await weft.run(graph([values("a", x="{{ vars.nobody }}")]))
    assert (run["failure"]["code"], run["failure"]["node"]) == ("unknown_variable", "a")


async def test_a_secret_reaches_the_server_and_nothing_that_is_kept(weft: Weft, target: Server) -> None:
    await put(weft, "token", SECRET, secret=True)
    asked = {"json": {"key": "{{ vars.token }}"}, "headers": {"Authorization": "Bearer {{ vars.token }}"}}
    call = node("call", "http.request", {"method": "POST", "url": target.url("/echo"), **asked})
    after = values("after", seen="{{ nodes.call.body }}")
    run = await weft.run(graph([call, after], "call > after"))
    assert run["status"] == "succeeded", run
    assert f"Bearer {SECRET}" in str(target.seen[-1])
    kept = json.dumps([
        run, await weft.events(run["id"]), await weft.node(run["id"], "call"),
        await weft.node(run["id"], "after"), (await weft.call("GET", "/variables"))[1],
    ])  # fmt: skip
    encoded = base64.b64encode(SECRET.encode()).decode()
    assert not [each for each in (SECRET, encoded, quote(SECRET, safe="")) if each in kept]
    assert "[redacted]" in kept


async def test_no_other_node_gets_it_even_if_it_became_secret_later(weft: Weft) -> None:
    await put(weft, "turned", SECRET)
    of = graph([node("wait", "signal"), values("a", x="{{ vars.turned }}")], "wait > a")
    run_id = await weft.start(of)
    waiting = await weft.until(run_id, "node.suspended")
    status, _ = await weft.call("PUT", "/variables/turned", {"rev": 1, "secret": True})
    assert status == 200
    status, told = await weft.call("POST", f"/runs/{run_id}/nodes/{waiting['node']}/skip", {"output": 1})
    assert status in (200, 202), told
    run = await weft.end(run_id)
    assert run["failure"]["code"] == "secret_variable"
    assert run["failure"]["message"] == "vars.turned is secret: only nodes of connectors can use it"
    status, refused = await weft.call("POST", "/runs", {"graph": of})
    assert (status, refused["errors"][0]["code"]) == (422, "secret_variable")
    every = await weft.run(graph([values("a", x="{{ list(vars) }}")]))
    assert "turned" not in every["output"]["a"]["x"], "who names none gets only what is plain"
