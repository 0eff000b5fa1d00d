"""What callers get, described for the OpenAPI document. The bodies themselves are made in `present.py`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.inputs import EXAMPLE_GRAPH
from shared.contracts.failure import Failure
from shared.contracts.graph import Graph
from shared.contracts.run import NodeStatus, RunStatus, Trigger
from shared.contracts.usage import Usage

AT = "2026-01-31T09:30:00.000Z"
RUN_ID = "run_01KG9V4R8D2M6Q0XW5T3Z7B1CE"
WORKFLOW_ID = "wf_01KG9V3ZB5N8S2YF4H6J0K7PQR"


class Fault(BaseModel):
    """One thing that is wrong, and where."""

    path: str
    code: str
    message: str
    offset: int | None = Field(None, description="Where in the string at `path`, for expressions")


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `errors` lists single faults of a graph or a body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:weft:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": f"There is no run '{RUN_ID}' here",
                    "code": "not_found",
                    "instance": f"/api/v1/workspaces/default/runs/{RUN_ID}",
                }
            ]
        }
    )
    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[Fault] | None = None
    trace_id: str | None = None


class WorkflowSummary(BaseModel):
    """A workflow in a list. `latest` is the number of the last published version."""

    id: str = Field(examples=[WORKFLOW_ID])
    name: str
    description: str
    tags: list[str]
    rev: int
    latest: int | None
    created_at: str = Field(examples=[AT])
    updated_at: str


class WorkflowResource(WorkflowSummary):
    """A workflow with its draft, and what the draft still lacks before it can be published."""

    graph: Graph = Field(examples=[EXAMPLE_GRAPH])
    problems: list[Fault]
    warnings: list[Fault]


class VersionSummary(BaseModel):
    """A published version in a list."""

    workflow_id: str = Field(examples=[WORKFLOW_ID])
    number: int
    note: str
    created_at: str = Field(examples=[AT])


class VersionResource(VersionSummary):
    """A published version; it never changes."""

    graph: Graph = Field(examples=[EXAMPLE_GRAPH])


class NodeResource(BaseModel):
    """A node in a run."""

    status: NodeStatus
    attempt: int
    port: str | None
    started_at: str | None
    finished_at: str | None
    failure: Failure | None


class ParentResource(BaseModel):
    """Where a child run belongs: the node that began it, in which attempt, and its key among that node's."""

    run_id: str
    node: str
    key: str
    attempt: int


class RunSummary(BaseModel):
    """A run in a list. `version` is null for an ad hoc graph."""

    id: str = Field(examples=[RUN_ID])
    workflow_id: str | None
    version: int | None
    status: RunStatus
    trigger: Trigger
    lane: str
    failure: Failure | None
    usage: Usage
    parent: ParentResource | None
    created_at: str = Field(examples=[AT])
    started_at: str | None
    finished_at: str | None


class RunResource(RunSummary):
    """A run with its input, its output, and every node of its graph."""

    input: Any
    output: Any
    nodes: dict[str, NodeResource]


class AttemptResource(BaseModel):
    """One attempt of a node. `input` is the config with its expressions evaluated."""

    attempt: int
    status: Literal["succeeded", "failed"]
    port: str | None
    input: Any
    output: Any
    failure: Failure | None
    logs: list[str]
    usage: Usage
    started_at: str
    finished_at: str


class NodeRunResource(NodeResource):
    """A node in a run with its attempts that have ended, the first one first."""

    node: str
    run_id: str
    attempts: list[AttemptResource]


class EventResource(BaseModel):
    """A recorded fact of a run; `seq` is its number."""

    run_id: str
    seq: int
    type: str = Field(examples=["node.succeeded"])
    at: str = Field(examples=[AT])
    node: str | None = None
    attempt: int | None = None
    port: str | None = None
    failure: Failure | None = None


class WorkflowPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[WorkflowSummary]
    next: str | None


class VersionPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[VersionSummary]
    next: str | None


class RunPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[RunSummary]
    next: str | None


class EventPage(BaseModel):
    """Events in order; `next` is what to send as `after` for more, null when these were all so far."""

    items: list[EventResource]
    next: int | None


class CheckResource(BaseModel):
    """What is wrong with a graph, and what is merely odd."""

    valid: bool
    problems: list[Fault]
    warnings: list[Fault]


class NodeTypePage(BaseModel):
    """The catalog: config and output as JSON Schema, ports, side effects."""

    items: list[dict[str, Any]]
