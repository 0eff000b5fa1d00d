"""The routes as the OpenAPI document tells of them, to be called one after the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.integration.gateway.api import Answer
from tests.integration.gateway.identity.people import Person

Schema = dict[str, Any]
Way = tuple[str | int, ...]
PREFIX = "/api/v1"
WORKSPACE = f"{PREFIX}/workspaces/{{workspace_id}}"


@dataclass(frozen=True)
class Route:
    """A route; `body` is the schema of what it reads, and `examples` are bodies that fit."""

    method: str
    template: str
    queries: dict[str, Schema]
    body: Schema | None
    examples: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """As the table of roles has it."""
        return f"{self.method} {self.template.removeprefix(PREFIX)}"

    @property
    def places(self) -> list[str]:
        """The names of what stands in its path, but for the workspace."""
        names = re.findall(r"\{(\w+)\}", self.template)
        return [each for each in names if each != "workspace_id" or not self.template.startswith(WORKSPACE)]

    def path(self, workspace: str, ids: dict[str, str]) -> str:
        """With these in its path, and `none` where there is no other."""
        given = {"workspace_id": workspace, "number": "1", **ids}
        return re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], "none"), self.template)


async def routes(caller: Person) -> list[Route]:
    """All of them."""
    document = (await caller.get(f"{PREFIX}/openapi.json")).body
    return list(_routes(document))


def _routes(document: dict[str, Any]) -> Iterator[Route]:
    schemas = document["components"]["schemas"]
    for template, methods in document["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {}).get("application/json")
            ref = (content or {}).get("schema", {}).get("$ref", "")
            body = schemas[ref.rsplit("/", 1)[1]] if ref else content and {}
            queries = {
                each["name"]: each["schema"] for each in told.get("parameters", []) if each["in"] == "query"
            }
            yield Route(method.upper(), template, queries, body, (body or {}).get("examples", []))


def filled(value: Any, ids: dict[str, str]) -> Any:
    """An example with ids that are there instead of those made up for the document."""
    if isinstance(value, dict):
        return {key: filled(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    known = {"wf_01": "workflow_id", "chan_01": "channel_id", "run_01": "run_id"}
    place = next((known[start] for start in known if isinstance(value, str) and value.startswith(start)), "")
    return ids.get(place, value)


def strings(value: Any, path: Way = ()) -> Iterator[Way]:
    """The way to every text in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from [(*path, key)] if isinstance(each, str) else strings(each, (*path, key))


def changed(value: Any, path: Way, new: Any) -> Any:
    """A copy of the value with something else at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)  # type: ignore[index]
    return copy


def found(answer: Answer) -> int:
    """How many things are in an answer."""
    return len(answer.body.get("items", ())) if isinstance(answer.body, dict) else 0
