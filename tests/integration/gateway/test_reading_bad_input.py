"""Bad input gets a clear problem, never a 500, and nothing is stored."""

import asyncio
from typing import Any

import aiohttp
import orjson
import pytest

from shared.contracts.graph import MAX_GRAPH_BYTES
from shared.service import Service
from shared.storage.mongo import Store
from tests.integration.gateway.api import KEY, Api, Planner

NODE = {"id": "a", "type": "noop"}
PATHS = ("/workflows", "/runs", "/graphs/validate")


def graph(*nodes: dict[str, Any], edges: tuple[tuple[str, str], ...] = (), **more: Any) -> dict[str, Any]:
    """A graph of nodes and edges (source, target)."""
    return {"nodes": list(nodes), "edges": [{"source": s, "target": t} for s, t in edges], **more}


def many(count: int) -> dict[str, Any]:
    """A graph of so many nodes."""
    return graph(*({"id": f"n{number}", "type": "noop"} for number in range(count)))


def setting(value: Any) -> dict[str, Any]:
    """A graph of one `set` node with this value."""
    return graph({"id": "a", "type": "set", "config": {"values": {"x": value}}})


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


BAD_GRAPHS: dict[str, tuple[dict[str, Any], str, str]] = {
    "cycle": (graph(NODE, {"id": "b", "type": "noop"}, edges=(("a", "b"), ("b", "a"))), "cycle", "edges["),
    "self edge": (graph(NODE, edges=(("a", "a"),)), "self_edge", "edges[0]"),
    "edge to nowhere": (graph(NODE, edges=(("a", "x"),)), "unknown_node", "edges[0].target"),
    "unknown type": (graph({"id": "a", "type": "nop"}), "unknown_type", "nodes[0].type"),
    "unknown node in expression": (setting("{{ nodes.nobody }}"), "unknown_node", "nodes[0].config.values.x"),
    "broken expression": (setting("{{ 1 + }}"), "", "nodes[0].config.values.x"),
    "dunder": (setting("{{ trigger.__class__ }}"), "", "nodes[0].config.values.x"),
    "id with a dot": (graph({"id": "a.b", "type": "noop"}), "invalid_id", "nodes[0].id"),
    "id with a dollar": (graph({"id": "$where", "type": "noop"}), "invalid_id", "nodes[0].id"),
    "two of the same id": (graph(NODE, NODE), "duplicate_id", "nodes[1].id"),
    "unknown key": (graph({**NODE, "colour": "red"}), "unknown_key", "nodes[0].colour"),
    "wrong type": (graph({**NODE, "name": 5}), "invalid", "nodes[0].name"),
    "101 nodes": (many(101), "too_many_nodes", "nodes"),
    "1,001 nodes": (many(1001), "too_many_nodes", "nodes"),
    "nodes is no list": ({"nodes": {"a": 1}}, "invalid", "nodes"),
    "over 1 MB": (setting("x" * 1_100_000), "too_large", ""),
}  # fmt: skip


async def stored(store: Store) -> int:
    """How many documents a caller has made."""
    names = ("workflows", "versions", "runs", "idempotency", "payloads")
    return sum([len(await store[name].find({})) for name in names])


@pytest.mark.parametrize("case", BAD_GRAPHS)
async def test_a_bad_graph_is_refused_with_every_fault(api: Api, gateway_store: Store, case: str) -> None:
    bad, code, path = BAD_GRAPHS[case]
    before = await stored(gateway_store)
    for target, body in (("/workflows", {"name": "x", "graph": bad}), ("/runs", {"graph": bad})):
        answer = (await api.post(target, body)).refused(422, "invalid_graph")
        faults = answer.body["errors"]
        assert any(each["path"].startswith(path) and code in each["code"] for each in faults), faults
        assert all(each["message"] for each in faults)
    checked = await api.post("/graphs/validate", {"graph": bad})
    assert (checked.status, checked.body["valid"]) == (200, False)
    assert await stored(gateway_store) == before


BODIES: dict[str, tuple[bytes, int, str]] = {
    "cut off": (b'{"name": "x", "graph"', 400, "malformed_json"),
    "not JSON": (b"name=x", 400, "malformed_json"),
    "NaN": (b'{"graph": {"nodes": []}, "input": NaN}', 400, "malformed_json"),
    "not UTF-8": (b'{"name": "\xff"}', 400, "malformed_json"),
    "lone surrogate": (b'{"name": "\\ud800"}', 400, "malformed_json"),
    "a list": (b"[]", 422, "invalid_request"),
    "null": (b"null", 422, "invalid_request"),
    "empty": (b"", 422, "invalid_request"),
    "unknown key": (b'{"name": "x", "graph": {}, "$where": 1}', 422, "invalid_request"),
    "wrong types": (b'{"name": 5, "graph": "x"}', 422, "invalid_request"),
    "100 levels": (b'{"graph": ' + b'{"a":' * 100 + b"1" + b"}" * 101, 422, "too_deep"),
    "100,000 levels": (b'{"graph": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422, "too_deep"),
    "integer over 64 bits": (b'{"graph": {}, "input": 18446744073709551616}', 422, "number_too_large"),
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("path", PATHS)
async def test_a_bad_body_is_refused(api: Api, gateway_store: Store, case: str, path: str) -> None:
    raw, status, code = BODIES[case]
    before = await stored(gateway_store)
    answer = (await api.call("POST", path, data=raw)).refused(status, code)
    assert answer.body["instance"].endswith(path)
    assert answer.body["detail"]
    assert await stored(gateway_store) == before


async def test_every_fault_of_a_body_is_told(api: Api) -> None:
    body = {"name": "", "tags": "x", "graph": [], "extra": 1}
    answer = (await api.post("/workflows", body)).refused(422, "invalid_request")
    assert {each["path"] for each in answer.body["errors"]} == {"name", "tags", "graph", "extra"}


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "chunked"])
async def test_a_body_of_10_mb_is_refused(api: Api, gateway_store: Store, announced: bool) -> None:
    before = await stored(gateway_store)

    async def chunks() -> Any:
        for _ in range(160):
            yield b"x" * 65_536

    data: Any = b"x" * 10_485_760 if announced else chunks()
    (await api.call("POST", "/runs", data=data)).refused(413, "body_too_large")
    assert await stored(gateway_store) == before
    assert (await api.get("/runs")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "status[$ne]=failed", "status=%7B%22$ne%22:1%7D", "status=done", "limit=0", "limit=100000", "limit=x",
        "workflow_id[$gt]=", "before=x", "cursor[$gt]=a",
    ],
)  # fmt: skip
async def test_operators_in_a_query_are_refused(api: Api, query: str) -> None:
    answer = (await api.get(f"/runs?{query}")).refused(422, "invalid_request")
    assert answer.body["errors"][0]["path"].startswith("query.")


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "x", "{}"])
async def test_wait_has_limits(api: Api, wait: str) -> None:
    (await api.post(f"/runs?wait={wait}", {"graph": graph(NODE)})).refused(422, "invalid_request")


@pytest.mark.parametrize(
    "run_id", ["$ne", "%7B%22$gt%22:%22%22%7D", "a.b", "%00", "x" * 3000, "..%2f..", "ünï"]
)
async def test_strange_ids_are_not_found(api: Api, run_id: str) -> None:
    (await api.get(f"/runs/{run_id}")).refused(404, "not_found")
    (await api.get(f"/workflows/{run_id}")).refused(404, "not_found")


async def test_wrong_methods_and_paths_are_told(api: Api) -> None:
    answer = (await api.call("PATCH", "/runs")).refused(405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]
    (await api.get("/nothing")).refused(404, "not_found")
    (await api.get("/runs/")).refused(404, "not_found")
    (await api.get("/api/v1/workspaces/other/runs")).refused(404, "not_found")
    (await api.get("/api/v1/workspaces/default/workflows/x/versions/zero")).refused(422, "invalid_request")


async def test_a_caller_that_hangs_up_half_way_disturbs_nobody(api: Api, gateway: Service) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.listen[1])
    head = f"POST /api/v1/workspaces/default/runs HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\n"
    writer.write(f"{head}content-length: 100\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    assert (await api.get("/runs")).status == 200


async def test_a_thousand_nodes_near_a_megabyte_are_run(serve: Any, planner: Planner) -> None:
    """As large as a graph may be in both ways; a little more is refused, and says how much there may be."""
    big = many(1000)
    for each in big["nodes"]:
        each.update(type="set", config={"values": {"text": "x" * 900}})
    assert 900_000 < len(orjson.dumps(big)) < MAX_GRAPH_BYTES
    async with serve(max_nodes=1000) as service, aiohttp.ClientSession(headers={"X-API-Key": KEY}) as session:
        api = Api(f"http://127.0.0.1:{service.listen[1]}", session)
        started = await api.post("/runs", {"graph": big})
        assert (started.status, len(started.body["nodes"])) == (202, 1000)
        assert (await planner.next_run()).id == started.body["id"]
        big["nodes"][7]["config"] = {"values": {"text": "x" * 100_000}}
        refused = (await api.post("/runs", {"graph": big})).refused(422, "invalid_graph")
        assert f"{MAX_GRAPH_BYTES:,} may be" in refused.body["detail"]


async def test_large_graphs_can_be_allowed(serve: Any) -> None:
    big = many(1000)
    async with serve(max_nodes=1000) as service, aiohttp.ClientSession(headers={"X-API-Key": KEY}) as session:
        api = Api(f"http://127.0.0.1:{service.listen[1]}", session)
        assert (await api.post("/workflows", {"name": "big", "graph": big})).status == 201
