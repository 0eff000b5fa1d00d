"""A small client of the HTTP API: start a run, follow its events, read its result."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from services.local.home import LocalError
from services.local.state import WORKSPACE
from shared.contracts.run import RUN_FINISHED

LAST_EVENTS = frozenset(f"run.{status}" for status in RUN_FINISHED)
LONGEST_LINE = 16_000_000
RECONNECTS, RECONNECT_WAIT_S = 10, 0.5


class Refusal(LocalError):
    """The gateway answered with a problem; `status` is that of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class SentEvent:
    """One server-sent event."""

    id: str
    type: str
    data: dict[str, Any]


class Client:
    """Talks to one workspace, or to what is outside of all; every method raises LocalError with what the
    gateway said."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What a POST to `path` under the workspace answers."""
        return await self._send("POST", path, body)

    async def get(self, path: str) -> dict[str, Any]:
        """What a GET of `path` under the workspace answers."""
        return await self._send("GET", path)

    async def delete(self, path: str) -> None:
        """Do a DELETE of `path` under the workspace."""
        await self._send("DELETE", path)

    async def events(self, run_id: str) -> AsyncIterator[SentEvent]:
        """A run's events from its first to its last, across lost connections."""
        last = ""
        for _ in range(RECONNECTS):
            try:
                async for event in self._stream(run_id, last):
                    yield event
                    last = event.id or last
                    if event.type in LAST_EVENTS:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(RECONNECT_WAIT_S)
        raise LocalError(f"lost the events of {run_id} {RECONNECTS} times; see {self._url}/runs/{run_id}")

    async def _stream(self, run_id: str, last: str) -> AsyncIterator[SentEvent]:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        endless = aiohttp.ClientTimeout(total=None, sock_connect=10)
        url = f"{self._url}/runs/{run_id}/events"
        async with self._session.get(url, headers=headers, timeout=endless) as answer:
            await _checked(answer)
            fields: dict[str, str] = {}
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\r\n").partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    data = orjson.loads(fields["data"])
                    yield SentEvent(fields.get("id", ""), fields.get("event", "message"), data)
                    fields = {}

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"} if content else {}
        try:
            url = f"{self._url}/{path}"
            async with self._session.request(method, url, data=content, headers=headers) as answer:
                await _checked(answer)
                return orjson.loads(await answer.read() or b"null")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LocalError(f"no answer from {self._url}: {error or type(error).__name__}") from error


@asynccontextmanager
async def connected(url: str, api_key: str, workspace_id: str | None = WORKSPACE) -> AsyncIterator[Client]:
    """A client of the system at `url`; without a workspace, of what belongs to none."""
    session = aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {api_key}"}, read_bufsize=LONGEST_LINE,
        timeout=aiohttp.ClientTimeout(total=70),
    )  # fmt: skip
    async with session:
        root = f"{url.rstrip('/')}/api/v1"
        yield Client(session, root if workspace_id is None else f"{root}/workspaces/{workspace_id}")


async def _checked(answer: aiohttp.ClientResponse) -> None:
    """Raises Refusal with the problem when the answer is one."""
    if answer.status < 400:
        return
    text = await answer.text(errors="replace")
    try:
        problem = orjson.loads(text)
        detail = f"{problem['code']}: {problem['detail']}"
        lines = [f"\n  {each['path']}: {each['message']}" for each in problem.get("errors", [])]
    except (ValueError, TypeError, KeyError):
        detail, lines = text[:500], []
    told = f"{answer.method} {answer.url.path} answered {answer.status} {detail}{''.join(lines)}"
    raise Refusal(told, answer.status)
