"""A caller of the whole system, and graphs as JSON."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

WAIT_S = 60
POLICY = ("retry", "on_failure", "timeout_s")
Body = dict[str, Any]


def node(node_id: str, type_name: str = "noop", config: Mapping[str, Any] | None = None, **more: Any) -> Body:
    """A node; what belongs into its policy may be given without it."""
    policy = {key: more.pop(key) for key in POLICY if key in more}
    return {"id": node_id, "type": type_name, "config": dict(config or {}), "policy": policy, **more}


def values(node_id: str, **named: Any) -> Body:
    """A `set` node."""
    return node(node_id, "set", {"values": named})


def http(node_id: str, url: str, method: str = "GET", **more: Any) -> Body:
    """An `http.request` node."""
    return node(node_id, "http.request", {"method": method, "url": url}, **more)


def graph(nodes: list[Body], *paths: str, **settings: Any) -> Body:
    """`graph([...], "a > b > c", "b:failure > d")`: edges from the ports named."""
    edges: list[Body] = []
    for path in paths:
        ends = [each.strip() for each in path.split(">")]
        for source, target in pairwise(ends):
            source_id, _, port = source.partition(":")
            edges.append({"source": source_id, "port": port or "out", "target": target.partition(":")[0]})
    return {"nodes": nodes, "edges": edges, "settings": settings}


def chain(count: int, **more: Any) -> Body:
    """`n0 > n1 > ...`: each adds 1 to what came before."""
    first = values("n0", n=1)
    rest = [values(f"n{i}", n=f"{{{{ nodes.n{i - 1}.n + 1 }}}}") for i in range(1, count)]
    return graph([first, *rest], " > ".join(f"n{i}" for i in range(count)), **more)


class Weft:
    """A caller with the key; `home` is the state folder of the system."""

    def __init__(self, system: Mapping[str, Any], session: aiohttp.ClientSession) -> None:
        self.home: Path = system["home"]
        self.ready_urls: dict[str, str] = system["ready_urls"]
        self.url = f"{system['url']}/api/v1/workspaces/{system['workspace_id']}"
        self._session = session

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status and body of the answer to any request in the workspace."""
        status, found, _ = await self.asked(method, path, body, **options)
        return status, found

    async def asked(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """As `call`, with the headers."""
        if body is not None:
            options["json"] = body
        async with self._session.request(method, f"{self.url}{path}", **options) as response:
            raw = await response.read()
            return response.status, json.loads(raw) if raw else None, response.headers

    async def start(self, of: Body, given: Any = None, **headers: str) -> str:
        """Start a run; its id."""
        status, run = await self.call("POST", "/runs", {"graph": of, "input": given}, headers=headers)
        assert status == 202, run
        return run["id"]

    async def run(self, of: Body, given: Any = None, **headers: str) -> Body:
        """Start a run and wait for its end."""
        body = {"graph": of, "input": given}
        status, run = await self.call("POST", f"/runs?wait={WAIT_S}", body, headers=headers)
        assert status == 200, run
        return run

    async def end(self, run_id: str) -> Body:
        """The run, once it has finished."""
        status, run = await self.call("GET", f"/runs/{run_id}?wait={WAIT_S}")
        assert status == 200, run
        return run

    async def node(self, run_id: str, node_id: str) -> Body:
        """One node of a run, with its attempts."""
        status, found = await self.call("GET", f"/runs/{run_id}/nodes/{node_id}")
        assert status == 200, found
        return found

    async def events(self, run_id: str) -> list[Body]:
        """All events recorded so far, checked to be numbered without a gap."""
        status, page = await self.call("GET", f"/runs/{run_id}/events?limit=5000")
        assert status == 200, page
        assert [each["seq"] for each in page["items"]] == list(range(1, len(page["items"]) + 1))
        return page["items"]

    async def until(self, run_id: str, event: str, **like: Any) -> Body:
        """The first event of that type (and with these values) in the run's live stream."""
        async with self.stream(run_id) as events:
            async for each in events:
                if each["type"] == event and all(each.get(key) == value for key, value in like.items()):
                    return each
        raise AssertionError(f"run {run_id} has finished without {event} {like or ''}")

    @asynccontextmanager
    async def stream(self, run_id: str, after: int | None = None) -> AsyncIterator[AsyncIterator[Body]]:
        """The run's server-sent events as they come; `after` is sent as `Last-Event-ID`."""
        headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
        async with self._session.get(f"{self.url}/runs/{run_id}/events", headers=headers) as response:
            assert response.status == 200, await response.text()
            yield _read(response)

    async def metrics(self, service: str) -> str:
        """What a service tells Prometheus."""
        async with self._session.get(self.ready_urls[service].replace("/readyz", "/metrics")) as response:
            return await response.text()

    def pid(self, service: str) -> int:
        """The process that now is that service."""
        return json.loads((self.home / "local.json").read_text())["pids"][service]

    def kill(self, service: str) -> int:
        """Kill that service; the process that was it."""
        killed = self.pid(service)
        os.kill(killed, signal.SIGKILL)
        return killed

    async def back(self, service: str, before: int) -> None:
        """Return once another process than `before` is that service, and ready."""
        async with asyncio.timeout(WAIT_S):
            while self.pid(service) == before or not await self._is_ready(service):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _is_ready(self, service: str) -> bool:
        try:
            async with self._session.get(self.ready_urls[service]) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


async def _read(response: aiohttp.ClientResponse) -> AsyncIterator[Body]:
    """Events with the fields `id` and `event` checked against their data; comments are passed over."""
    fields: dict[str, str] = {}
    async for raw in response.content:
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name and not raw.startswith(b":"):
            fields[name] = value
        elif not name and "id" in fields:
            data = json.loads(fields["data"])
            assert (data["seq"], data["type"]) == (int(fields["id"]), fields["event"])
            yield data
            fields = {}
