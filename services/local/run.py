"""`run`: carry a graph file through a system that is up, and show what happens as it happens."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from services.local.client import Client, SentEvent, connected
from services.local.home import LocalError, weft_home
from services.local.state import LocalSystem, is_up, read_local
from services.local.yaml_file import read_yaml


class GraphFile(BaseModel):
    """A graph with an input to run it on; `expect` is for the tests."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = ""
    graph: dict[str, Any]
    input: Any = {}
    expect: Any = None

    def input_at(self, base_url: str | None) -> Any:
        """The input, with `base_url`, where the examples' data is, unless it names another."""
        if base_url and isinstance(self.input, dict):
            return {"base_url": base_url, **self.input}
        return self.input


class Progress:
    """Prints events, with the seconds since the first."""

    def __init__(self) -> None:
        self._first: float | None = None

    def show(self, event: SentEvent) -> None:
        """One line an event."""
        at = _seconds(event.data.get("at"))
        self._first = at if self._first is None else self._first
        node = event.data.get("node") or ""
        attempt = event.data.get("attempt") or 1
        again = f" (attempt {attempt})" if attempt > 1 else ""
        print(f"  {at - self._first:7.3f} s  {event.type:<15} {node}{again}{_reason(event.data)}", flush=True)


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when the run succeeds."""
    file, system = read_graph(Path(args.file)), target(args)
    async with connected(system.url, system.api_key, system.workspace_id) as client:
        given = file.input_at(args.base_url or system.examples_url)
        run = await client.post("runs", {"graph": file.graph, "input": given})
        return await follow(client, file, run)


async def follow(client: Client, file: GraphFile, run: dict[str, Any]) -> int:
    """Show a run to its end, and what came out; 0 when it succeeded."""
    print(f"{file.name}: {run['id']}", flush=True)
    progress = Progress()
    async for event in client.events(run["id"]):
        progress.show(event)
    run = await client.get(f"runs/{run['id']}")
    if run["status"] == "succeeded":
        print(f"{file.name} succeeded. Its output:\n{shown(run['output'])}", flush=True)
        return 0
    failure = run.get("failure") or {"code": run["status"], "message": "it was cancelled"}
    at = f" at node {failure['node']}" if failure.get("node") else ""
    print(f"{file.name} {run['status']}{at}: {failure['code']}: {failure['message']}", flush=True)
    return 1


def read_graph(path: Path) -> GraphFile:
    """The graph file; raises LocalError with the place of what is wrong with it."""
    return read_yaml(path, GraphFile, "a graph file (name, description, graph, input)")


def target(args: argparse.Namespace) -> LocalSystem:
    """The system to run on: `--url` and `--api-key`, else the one that is up here."""
    if args.url and args.api_key:
        return LocalSystem(args.url, args.api_key, args.workspace)
    home = weft_home()
    system = read_local(home)
    if system is None or not is_up(home):
        raise LocalError(f"no system is up in {home}: start one with `make up`, or give --url and --api-key")
    return system


def shown(value: Any) -> str:
    """A value for people: text as it is, the texts of an object under their names, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and any(isinstance(each, str) and "\n" in each for each in value.values()):
        return "\n".join(f"{name}:\n{shown(each)}" for name, each in value.items())
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _seconds(at: Any) -> float:
    """An event's time, ISO 8601 or milliseconds, in seconds."""
    return datetime.fromisoformat(at).timestamp() if isinstance(at, str) else float(at or 0) / 1000


def _reason(data: dict[str, Any]) -> str:
    failure = data.get("failure")
    return f": {failure.get('code')}: {failure.get('message')}" if isinstance(failure, dict) else ""
