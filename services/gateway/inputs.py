"""What callers send. Strict: unknown keys and wrong types are refused. Separate from what is stored."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.contracts.run import Lane, RunStatus

EXAMPLE_GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "greet", "type": "text.template", "config": {"template": "Hello {{ trigger.name }}"}},
        {"id": "done", "type": "set", "config": {"values": {"text": "{{ nodes.greet }}"}}},
    ],
    "edges": [{"source": "greet", "target": "done"}],
    "settings": {"output": "{{ nodes.done }}"},
}

MAX_NAME_CHARS = 200
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS, strip_whitespace=True)]
Tags = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=50)]], Field(max_length=20)]
GraphInput = dict[str, Any]
"""A graph as a plain value: `shared.check` tells all that is wrong with it at once, shape and meaning."""


def _is_date_time(value: Any) -> Any:
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("a time such as 2026-01-31T09:30:00Z is wanted")
    return value


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_is_date_time)]
"""A time with its offset from UTC, as text: a number would be taken for seconds since 1970."""
Cursor = Annotated[str | None, Field(max_length=200, description="`next` of the page before")]
Mocks = Annotated[
    dict[str, list[Any]],
    Field(
        max_length=5000,
        description="What nodes answer instead of being run, for dry runs. By node id (`container.node` "
        "within a container) a list with an entry an attempt, the last for all that follow: an output; or "
        'exactly `{"failure": {"code", "message"}}`; or exactly `{"port", "output"}`',
    ),
]
Dry = Annotated[bool, Field(description="Touch nothing outside: nodes with side effects must be mocked")]


_B = "[A-Za-z0-9+/]"
SIGNING_KEY = (
    f"^whsec_(?:(?:{_B}{{4}}){{8,20}}(?:{_B}{{4}}|{_B}{{2}}={{0,2}}|{_B}{{3}}=?)?"
    f"|(?:{_B}{{4}}){{21}}{_B}{{2}}={{0,2}})$"
)
"""A key as Standard Webhooks writes it: 24 to 64 bytes in base64."""
NULL: dict[str, Any] = {"type": "null"}


def example(*values: dict[str, Any], **rules: Any) -> ConfigDict:
    """The settings of an input model, with what the OpenAPI document shows of it: examples, and `rules` of
    JSON Schema for what its validators see to."""
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": list(values), **rules})


def given(name: str) -> dict[str, Any]:
    """The rule that a key is there, and not null."""
    return {"required": [name], "properties": {name: {"not": NULL}}}


class NewWorkflow(BaseModel):
    """A workflow to be created, with its first draft."""

    model_config = example({"name": "Greeting", "tags": ["demo"], "graph": EXAMPLE_GRAPH})
    name: Name
    description: str = Field("", max_length=5000)
    tags: Tags = []
    graph: GraphInput


class DraftChange(BaseModel):
    """A draft to be saved over revision `rev`. What is left out stays as it is."""

    model_config = example({"rev": 1, "name": "Greeting", "graph": EXAMPLE_GRAPH})
    rev: int = Field(ge=0)
    name: Name | None = None
    description: str | None = Field(None, max_length=5000)
    tags: Tags | None = None
    graph: GraphInput | None = None


class Publication(BaseModel):
    """Publish the draft; with `rev`, only if it is still that one."""

    model_config = example({"note": "First version", "rev": 1})
    note: str = Field("", max_length=2000)
    rev: int | None = None


class Restoration(BaseModel):
    """Make an old version the draft; with `rev`, only over that one."""

    model_config = example({"rev": 3})
    rev: int | None = None


class StartRun(BaseModel):
    """A run of a published version: the latest, unless `version` or `draft` says otherwise."""

    model_config = example(
        {"input": {"name": "Ada"}},
        {"input": {"name": "Ada"}, "draft": True, "dry": True, "mocks": {"greet": ["Hello"]}},
    )
    input: Any = {}
    version: int | None = Field(None, ge=1, le=1_000_000)
    draft: bool = Field(False, description="Run the draft as it is now, without publishing it")
    lane: Lane = "normal"
    pins: bool = Field(False, description="Whether pinned outputs stand in for the nodes that have them")
    dry: Dry = False
    mocks: Mocks = {}


class AdHocRun(BaseModel):
    """A run of a graph that belongs to no workflow."""

    model_config = example(
        {"graph": EXAMPLE_GRAPH, "input": {"name": "Ada"}},
        {"graph": EXAMPLE_GRAPH, "dry": True, "mocks": {"greet": ["Hello Ada"]}},
    )
    graph: GraphInput
    input: Any = {}
    lane: Lane = "normal"
    pins: bool = Field(True, description="Whether pinned outputs stand in for the nodes that have them")
    dry: Dry = False
    mocks: Mocks = {}


class Cancellation(BaseModel):
    """Why a run is cancelled."""

    model_config = example({"reason": "Started by mistake"})
    reason: str = Field("", max_length=500)


class GraphToCheck(BaseModel):
    """A graph to be checked and not kept; with `workflow_id`, as the draft of that workflow."""

    model_config = example({"graph": EXAMPLE_GRAPH})
    graph: GraphInput
    workflow_id: str | None = Field(None, max_length=200)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WaitQuery(_Query):
    """How long to wait for the end of the run."""

    wait: float = Field(
        0, ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for the end of the run"
    )


class PageQuery(_Query):
    """A page of a list, the newest first."""

    cursor: Cursor = None
    limit: int = Field(50, ge=1, le=200)


class VersionsQuery(_Query):
    """A page of versions, the newest first."""

    cursor: str | None = Field(None, pattern=r"^[0-9]{1,7}$", description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200)


class WorkflowsQuery(PageQuery):
    """Workflows."""

    archived: bool = Field(False, description="Those that are archived, and no others")


class DiffQuery(_Query):
    """What a version is compared with."""

    with_: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["draft"] | None = Field(
        None, alias="with", description="A version's number or `draft`; left out, the version before"
    )


class RunsOfWorkflowQuery(PageQuery):
    """Runs of one workflow, by status if wanted."""

    status: RunStatus | None = None


class RunsQuery(RunsOfWorkflowQuery):
    """Runs, by status and workflow if wanted."""

    workflow_id: str | None = Field(None, max_length=200)
    trigger_id: str | None = Field(None, max_length=200, description="Started by this trigger")
    parent: str | None = Field(
        None, max_length=1000, description="The child runs of this run, which are not listed otherwise"
    )


class EventsQuery(_Query):
    """Events that come after the one numbered `after`."""

    after: int = Field(0, ge=0, le=10_000_000_000)
    limit: int = Field(1000, ge=1, le=5000, description="Most events in one JSON answer")
    token: str | None = Field(
        None, max_length=1000, description="Opens the stream instead of a header: see `events/token`"
    )
