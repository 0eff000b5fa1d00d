"""What callers get, described for the OpenAPI document. The bodies themselves are made in `present.py`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.inputs import EXAMPLE_GRAPH
from shared.contracts.failure import Failure
from shared.contracts.graph import MOST_NODES, Graph, Node
from shared.contracts.run import Cause, NodeStatus, RunStatus
from shared.contracts.usage import Usage

AT = "2026-01-31T09:30:00.000Z"
RUN_ID = "run_01KG9V4R8D2M6Q0XW5T3Z7B1CE"
WORKFLOW_ID = "wf_01KG9V3ZB5N8S2YF4H6J0K7PQR"
EXAMPLE_DIFF: dict[str, Any] = {
    "from": 1,
    "to": 2,
    "nodes": {
        "added": [{"within": "each.graph", "id": "notify", "type": "http.request", "name": ""}],
        "removed": [],
        "changed": [
            {
                "within": "",
                "id": "fetch",
                "changes": [{"path": "policy.retry.max_attempts", "before": 1, "after": 3}],
            }
        ],
        "moved": [{"within": "", "id": "fetch"}],
    },
    "edges": {
        "added": [{"within": "each.graph", "source": "score", "port": "out", "target": "notify"}],
        "removed": [],
    },
    "settings": [{"within": "", "path": "timeout_s", "before": None, "after": 60}],
}


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


class DraftGraph(Graph):
    """A graph that is not done yet: it may have no nodes, and nodes may lack config."""

    nodes: list[Node] = Field(max_length=MOST_NODES)


class WorkflowResource(WorkflowSummary):
    """A workflow with its draft, and what the draft still lacks before it can be published."""

    graph: DraftGraph = Field(examples=[EXAMPLE_GRAPH])
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


class NodeNamed(BaseModel):
    """A node that was added or removed. `within` leads to its graph: empty for the outermost, `each.graph`
    for the body of the node `each`."""

    within: str
    id: str
    type: str
    name: str


class ValueChange(BaseModel):
    """A value at a path such as `config.headers.Accept`; without `before` it is new, without `after` gone."""

    path: str = Field(examples=["config.url"])
    before: Any = None
    after: Any = None


class NodeChange(BaseModel):
    """A node that was changed, by field."""

    within: str
    id: str
    changes: list[ValueChange]


class NodeMoved(BaseModel):
    """A node that stands elsewhere."""

    within: str
    id: str


class SettingChange(ValueChange):
    """A setting that was changed."""

    within: str


class EdgeNamed(BaseModel):
    """An edge that was added or removed."""

    within: str
    source: str
    port: str
    target: str


class NodesDiff(BaseModel):
    """What has become of the nodes."""

    added: list[NodeNamed]
    removed: list[NodeNamed]
    changed: list[NodeChange]
    moved: list[NodeMoved]


class EdgesDiff(BaseModel):
    """What has become of the edges."""

    added: list[EdgeNamed]
    removed: list[EdgeNamed]


class DiffResource(BaseModel):
    """What has changed from the older of two versions to the newer. `from` is null before the first one; the
    draft counts as the newest."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DIFF]})
    from_: int | None = Field(alias="from")
    to: int | Literal["draft"]
    nodes: NodesDiff
    edges: EdgesDiff
    settings: list[SettingChange]


class NodeResource(BaseModel):
    """A node in a run."""

    status: NodeStatus
    attempt: int
    port: str | None
    started_at: str | None
    finished_at: str | None
    failure: Failure | None
    waiting: Literal["review", "signal", "wait", "children"] | None = Field(
        description="What a suspended node waits for"
    )
    reused_from: str | None = Field(description="The run that its result was taken over from")


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
    trigger: Cause
    lane: str
    dry: bool
    rerun_of: str | None = Field(description="The run that it took over results of")
    failure: Failure | None
    usage: Usage
    parent: ParentResource | None
    created_at: str = Field(examples=[AT])
    started_at: str | None
    paused_at: str | None
    finished_at: str | None


class RunResource(RunSummary):
    """A run with its input, its output, and every node of its graph."""

    input: Any
    output: Any
    nodes: dict[str, NodeResource]


class AttemptResource(BaseModel):
    """One attempt of a node. `input` is the config with its expressions evaluated."""

    attempt: int
    status: Literal["succeeded", "failed", "suspended"]
    port: str | None
    input: Any
    output: Any
    failure: Failure | None
    logs: list[str]
    cached: bool = Field(description="Nothing was run: the output was known from before")
    usage: Usage
    started_at: str
    finished_at: str


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
    by: str | None = Field(None, description="Who has asked for it")


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


class StreamToken(BaseModel):
    """What opens the stream of one run, and the address of that stream with it."""

    token: str
    url: str
    expires_in: int = Field(description="Seconds until it opens nothing any more")


class CheckResource(BaseModel):
    """What is wrong with a graph, and what is merely odd."""

    valid: bool
    problems: list[Fault]
    warnings: list[Fault]


class NodeTypePage(BaseModel):
    """The catalog: config and output as JSON Schema, ports, side effects."""

    items: list[dict[str, Any]]
