"""A client that costs little: what it burns is taken from the system it measures."""

from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

WAIT_S = 30
KEEP_S = 2
"""Shorter than the gateway keeps an idle connection, so that it never closes one that is being used."""


class WrongAnswer(Exception):
    """The system answered something else than it should have; no figure is worth anything then."""


class Client:
    """The API of one workspace."""

    def __init__(self, url: str, api_key: str, workspace_id: str = "default") -> None:
        self._base = f"{url.rstrip('/')}/api/v1/workspaces/{workspace_id}"
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def publish(self, name: str, graph: dict[str, Any]) -> str:
        """Create a workflow and publish its first version; the workflow's id."""
        workflow = await self.send("POST", "/workflows", {"name": name, "graph": graph}, expected=201)
        await self.send("POST", f"/workflows/{workflow['id']}/versions", {"note": "bench"}, expected=201)
        return workflow["id"]

    async def run(self, workflow_id: str, value: dict[str, Any]) -> dict[str, Any]:
        """Run the published version to its end; the run."""
        path = f"/workflows/{workflow_id}/runs?wait={WAIT_S}"
        run = await self.send("POST", path, {"input": value}, expected=200)
        if run["status"] != "succeeded":
            raise WrongAnswer(f"run {run['id']} is {run['status']}: {run.get('failure')}")
        return run

    async def start(self, workflow_id: str, value: dict[str, Any]) -> str:
        """Start a run of the published version; its id."""
        run = await self.send("POST", f"/workflows/{workflow_id}/runs", {"input": value}, expected=202)
        return run["id"]

    async def end(self, run_id: str) -> dict[str, Any]:
        """The run, once it has succeeded, however long that takes."""
        while True:
            run = await self.send("GET", f"/runs/{run_id}?wait={WAIT_S}", None, expected=None)
            if run["status"] == "succeeded":
                return run
            if run["finished_at"] is not None:
                raise WrongAnswer(f"run {run_id} is {run['status']}: {run.get('failure')}")

    async def node_run(self, run_id: str, node_id: str) -> dict[str, Any]:
        """One node of a run with its attempts, as they are stored."""
        return await self.send("GET", f"/runs/{run_id}/nodes/{node_id}", None, expected=200)

    async def send(self, method: str, path: str, body: Any, *, expected: int | None) -> dict[str, Any]:
        """The answer's body; `expected` is its status, None for any that is no error."""
        data = None if body is None else orjson.dumps(body)
        async with self._session.request(method, self._base + path, data=data) as response:
            answer = await response.read()
            if response.status >= 400 or expected not in (None, response.status):
                text = answer[:500].decode(errors="replace")
                wanted = expected or 200
                raise WrongAnswer(f"{method} {path} answered {response.status}, not {wanted}: {text}")
            return orjson.loads(answer or b"{}")
