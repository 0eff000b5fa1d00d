"""Containers as JSON."""

from typing import Any

from tests.e2e.client import POLICY, Body, graph, http, node, values
from tests.http_server import Server

ITEMS = "{{ trigger.items }}"


def each(node_id: str, body: Body, items: Any = ITEMS, **more: Any) -> Body:
    """A `map` node; what belongs into its policy goes there."""
    policy = {key: more.pop(key) for key in POLICY if key in more}
    return node(node_id, "map", {"items": items, "graph": body, **more}, **policy)


def loop(node_id: str, body: Body, while_: str, state: Any, **more: Any) -> Body:
    """A `loop` node."""
    return node(node_id, "loop", {"state": state, "while": while_, "graph": body, **more})


def attempt(node_id: str, body: Body, finally_: Body | None = None, **policy: Any) -> Body:
    """A `try` node."""
    config = {"graph": body} if finally_ is None else {"graph": body, "finally": finally_}
    return node(node_id, "try", config, **policy)


def doubled() -> Body:
    """A body that answers with twice its item."""
    return graph([values("double", n="{{ item * 2 }}")], output="{{ nodes.double.n }}")


def choosy(refused: Any) -> Body:
    """A body that answers with its item, but fails at one."""
    nodes = [
        node("check", "condition", {"when": f"{{{{ item == {refused!r} }}}}"}),
        node("refuse", "fail", {"message": "not {{ item }}", "code": "unwanted"}),
        values("take", item="{{ item }}"),
    ]
    paths = ("check:true > refuse", "check:false > take")
    return graph(nodes, *paths, output="{{ nodes.take.item }}")


def fetching(target: Server, path: str = "/echo") -> Body:
    """A body with one request that names its item, and answers with it."""
    request = http("fetch", target.url(path), "GET")
    request["config"]["query"] = {"item": "{{ item }}"}
    after = values("item", item="{{ item }}")
    return graph([request, after], "fetch > item", output="{{ nodes.item.item }}")
