"""A caller of the gateway, and a stand-in for the planner that moves runs by hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from fastapi import FastAPI

from services.gateway.parts import Gateway
from shared.contracts.events import Change, RunChanged, RunControl, RunRequested
from shared.contracts.run import RUN_FINISHED, Event, NodeState, Run
from shared.contracts.value import Value, inline
from shared.ids import now_ms
from shared.messaging import topology
from shared.messaging.broker import Bus, Delivery
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs

KEY = "key-of-the-tests"
SECRET = "a secret of the tests, 32 characters"


class Answer:
    """Status, headers and parsed body of a response."""

    def __init__(self, status: int, headers: Any, body: Any) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def refused(self, status: int, code: str) -> "Answer":
        """The answer itself, having been checked to be this problem."""
        assert (self.status, self.body.get("code")) == (status, code), self.body
        assert self.headers["content-type"] == "application/problem+json"
        return self


class Api:
    """A caller with a key, in the workspace `default`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.root = url
        self.workspace = f"{url}/api/v1/workspaces/default"
        self._session = session

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """`path` is within the workspace, or, when it starts with `/api` and the like, within the server."""
        outside = path.startswith(("/api/", "/docs", "/healthz", "/readyz", "/metrics"))
        url = (self.root if outside else self.workspace) + path
        if body is not None:
            options["json"] = body
        async with self._session.request(method, url, **options) as response:
            raw = await response.read()
            is_json = "json" in response.headers.get("content-type", "")
            return Answer(
                response.status, response.headers, await response.json(content_type=None) if is_json else raw
            )

    async def get(self, path: str, **options: Any) -> Answer:
        """A GET."""
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """A POST of a JSON body."""
        return await self.call("POST", path, body, **options)

    async def put(self, path: str, body: Any, **options: Any) -> Answer:
        """A PUT of a JSON body."""
        return await self.call("PUT", path, body, **options)

    async def workflow(self, graph: dict[str, Any], *, published: bool = True) -> str:
        """The id of a new workflow."""
        made = await self.post("/workflows", {"name": "Test", "graph": graph})
        assert made.status == 201, made.body
        if published:
            version = await self.post(f"/workflows/{made.body['id']}/versions")
            assert version.status == 201, version.body
        return made.body["id"]

    @asynccontextmanager
    async def stream(self, run_id: str, url: str = "", **headers: str) -> AsyncIterator["Events"]:
        """A run's server-sent events, at that URL if there is one."""
        asked = {"Accept": "text/event-stream", **headers}
        url = url or f"{self.workspace}/runs/{run_id}/events"
        async with self._session.get(url, headers=asked) as response:
            yield Events(response)


class Events:
    """A stream being read: events as (id, type), comments as (None, "")."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[int | None, str]:
        """The next event; raises EOFError at the end."""
        lines: list[str] = []
        while (line := (await self.response.content.readline()).decode()) not in ("\n", ""):
            lines.append(line.rstrip("\n"))
        if not lines:
            raise EOFError
        fields = dict(each.split(": ", 1) for each in lines if not each.startswith(":"))
        return (int(fields["id"]) if "id" in fields else None), fields.get("event", "")

    async def rest(self) -> list[tuple[int | None, str]]:
        """All events up to the end."""
        found: list[tuple[int | None, str]] = []
        while True:
            try:
                found.append(await self.next())
            except EOFError:
                return found


class Planner:
    """Takes what the gateway asks of the planner, and saves and tells runs as the planner would."""

    def __init__(self, bus: Bus, store: Store) -> None:
        self.bus = bus
        self.runs = Runs(store)
        self.run_events = RunEvents(store)
        self.requested: asyncio.Queue[RunRequested] = asyncio.Queue()
        self.controls: asyncio.Queue[RunControl] = asyncio.Queue()
        for partition in range(topology.PARTITIONS):
            bus.subscribe(
                topology.planner_queue(partition),
                self._take,
                [RunRequested, RunControl],
                bindings=topology.planner_bindings(partition),
                prefetch=10,
                single_active=True,
            )

    async def next_run(self) -> Run:
        """The run that is asked for next."""
        async with asyncio.timeout(60):
            message = await self.requested.get()
        assert message.run is not None
        return message.run

    async def asked_for(self, run_id: str) -> Run:
        """This run, once it is asked for; what other tests have left is passed over."""
        while (run := await self.next_run()).id != run_id:
            pass
        return run

    async def save(
        self,
        run_id: str,
        status: Any,
        *types: str,
        output: Value | None = None,
        tell: bool = True,
        of: RunControl | None = None,
        changes: Mapping[str, Any] | None = None,
        **states: Any,
    ) -> Run:
        """Save the run with further events of these types (`of` a control), recorded and (unless told not to)
        shown."""
        run = (await self.runs.load([run_id]))[run_id]
        at = now_ms()
        asked = {"node": of.node, "by": of.by, "cause": of.id} if of else {}
        new = {str(run.seq + index): Event(type=each, at=at, **asked) for index, each in enumerate(types, 1)}
        saved = run.model_copy(
            update={
                "status": status,
                "rev": run.rev + 1,
                "seq": run.seq + len(types),
                "output": output,
                "nodes": {
                    **run.nodes,
                    **{key: NodeState.model_validate(value) for key, value in states.items()},
                },
                "finished_at": at if status in RUN_FINISHED else None,
                **(changes or {}),
            }
        )
        assert await self.runs.save([saved]) == {run_id}
        await self.run_events.insert([(run_id, new)])
        if tell:
            await self.tell(saved, status, new, run=saved if status in RUN_FINISHED else None)
        return saved

    async def tell(self, of: Run, status: Any, events: dict[str, Event], run: Run | None = None) -> None:
        """Show a change, with the run itself if given."""
        change = Change(run_id=of.id, workspace_id=of.workspace_id, status=status, events=events, run=run)
        await self.bus.show(RunChanged(changes=[change]), RunChanged.event)

    async def next_control(self) -> RunControl:
        """What is asked for next."""
        async with asyncio.timeout(60):
            return await self.controls.get()

    async def started(self, api: Api, graph: dict[str, Any], **states: Any) -> str:
        """The id of a run of this graph that is under way, its nodes in these states."""
        run_id = (await api.post("/runs", {"graph": graph})).body["id"]
        await self.next_run()
        await self.save(run_id, "running", "run.started", **states)
        return run_id

    async def succeed(self, run_id: str, output_text: str = "null") -> Run:
        """Bring the run to its end."""
        return await self.save(
            run_id, "succeeded", "run.started", "run.succeeded", output=inline(output_text)
        )

    async def _take(self, delivery: Delivery) -> None:
        match delivery.message:
            case RunRequested() as message:
                self.requested.put_nowait(message)
            case RunControl() as message:
                self.controls.put_nowait(message)


def parts_of(service: Service) -> Gateway:
    """What the routes of a gateway that runs in this process work with."""
    app = service.app
    while not isinstance(app, FastAPI):
        app = app._app
    return app.state.gateway
