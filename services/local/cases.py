"""Cases that a graph must stand: read from a file, and compared with what a run came to."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from services.local.run import GraphFile, read_graph
from services.local.yaml_file import read_yaml

INNER = re.compile(r"([A-Za-z0-9_-]+)\[([A-Za-z0-9_-]+)\]\.")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExpectedNode(_Part):
    """What must hold of a node; what is left out may be anything."""

    status: str | None = None
    attempt: int | None = None
    port: str | None = None
    output: Any = None
    failure: dict[str, Any] | None = None


class Expected(_Part):
    """What must hold of a run. Without a status it must succeed, or fail when there is a `failure`."""

    status: Literal["succeeded", "failed", "cancelled"] | None = None
    output: Any = None
    failure: dict[str, Any] | None = None
    nodes: dict[str, ExpectedNode] = {}

    def named(self) -> dict[str, Any]:
        """What was given of it, with the status."""
        given = self.model_dump(exclude_unset=True)
        return {"status": "failed" if given.get("failure") else "succeeded", **given}


class Case(_Part):
    """One dry run and what it must come to. Without an input it has the one of the graph's file."""

    name: str
    input: Any = None
    mocks: dict[str, list[Any]] = {}
    expect: Expected = Expected()


class CaseFile(_Part):
    """A graph, or the name of its file (relative to this one), and its cases."""

    graph: str | dict[str, Any]
    cases: list[Case] = Field(min_length=1)


@dataclass(frozen=True)
class Cases:
    """A file of cases with its graph at hand."""

    path: Path
    graph: GraphFile
    cases: list[Case]

    def started(self, case: Case) -> dict[str, Any]:
        """The body that starts the dry run of a case."""
        given = case.input if "input" in case.model_fields_set else self.graph.input
        return {"graph": self.graph.graph, "input": given, "dry": True, "mocks": case.mocks}


@dataclass(frozen=True)
class Outcome:
    """How a case ended; `trouble` is empty when it came to what it must."""

    name: str
    trouble: str
    seconds: float


def read_cases(path: Path) -> Cases:
    """The file of cases and its graph; raises LocalError with the place of what is wrong."""
    file = read_yaml(path, CaseFile, "a file of cases (graph, cases: [{name, input, mocks, expect}])")
    if isinstance(file.graph, str):
        return Cases(path, read_graph(path.parent / file.graph), file.cases)
    return Cases(path, GraphFile(name=path.stem, graph=file.graph), file.cases)


def inner(run_id: str, node: str) -> tuple[str, str]:
    """The run and the id of a node: `each[3].fetch` is `fetch` in the fourth child run of `each`."""
    while found := INNER.match(node):
        run_id, node = f"{run_id}.{found[1]}.{found[2]}", node[found.end() :]
    return run_id, node


def comparable(run: dict[str, Any], nodes: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What a run came to, as far as something is expected of it. An unexpected failure is shown as well.

    `nodes` holds the resources of the nodes that are expected to be somehow, None for those not there."""
    found: dict[str, Any] = {"status": run["status"]}
    if "output" in expected:
        found["output"] = run["output"]
    if "failure" in expected:
        found["failure"] = _part(run["failure"], expected["failure"])
    elif run["failure"] and run["status"] != expected["status"]:
        found["failure"] = {key: run["failure"].get(key) for key in ("code", "message", "node", "path")}
    if "nodes" in expected:
        found["nodes"] = {name: _node(nodes[name], wanted) for name, wanted in expected["nodes"].items()}
    return found


def difference(expected: Any, actual: Any) -> str:
    """A unified diff of two values as JSON; empty when they are equal, as 1 and 1.0 are (1 and true not)."""
    before, after = _lines(expected), _lines(actual)
    return "\n".join(difflib.unified_diff(before, after, "expected", "actual", lineterm=""))


def _lines(value: Any) -> list[str]:
    option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return orjson.dumps(_plain(value), option=option).decode().split("\n")


def _node(node: dict[str, Any] | None, wanted: dict[str, Any]) -> dict[str, Any] | None:
    if node is None:
        return None
    output = node["attempts"][-1]["output"] if node["attempts"] else None
    found = {**node, "output": output, "failure": _part(node["failure"], wanted.get("failure"))}
    return {key: found[key] for key in wanted}


def _part(value: dict[str, Any] | None, wanted: dict[str, Any] | None) -> dict[str, Any] | None:
    """A failure, with the keys that are wanted only."""
    return {key: value.get(key) for key in wanted} if value and wanted else value


def _plain(value: Any) -> Any:
    """The value, with whole numbers as integers."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case _:
            return value
