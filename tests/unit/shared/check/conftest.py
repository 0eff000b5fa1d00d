"""A small catalog to check graphs against."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.context import Context
from shared.contracts.catalog import NodeType, SideEffectsBy
from shared.nodes import Body, Code, NodeConfig, PerItem, Registered, node


class Free(NodeConfig):
    """Any values."""

    values: dict[str, Any] = {}


class Branch(NodeConfig):
    """A choice."""

    when: bool


class Case(NodeConfig):
    """One port of a switch."""

    port: str
    equals: Any


class Cases(NodeConfig):
    """Ports from the config."""

    value: Any
    cases: list[Case]


class Rows(NodeConfig):
    """A list, an expression per item, a choice of words, a union."""

    items: list[Any]
    where: PerItem
    count: int | None = None
    mode: Literal["keep", "drop"] = "keep"
    by: list[Case] | dict[str, int] = []


class Request(NodeConfig):
    """Side effects that follow from the method."""

    method: str = "GET"


class Program(NodeConfig):
    """Program text."""

    code: Code


class Each(NodeConfig):
    """A graph for each item, and one at the end."""

    items: list[Any]
    graph: Body
    finally_: Body | None = Field(None, alias="finally")


class OtherWorkflow(NodeConfig):
    """A workflow by its id."""

    workflow_id: str


class Taker(NodeConfig):
    """Fields of every kind."""

    number: int | None = None
    rows: list[Any] = []
    text: str = ""
    written: Annotated[Any, WithJsonSchema({"type": "string", "format": "template"})] = ""
    nested: dict[str, list[Case]] = {}
    anything: Any = None


class Page(TypedDict):
    """What `page` answers."""

    status: int
    links: list[str]
    headers: dict[str, str]
    body: Any


@node("free", title="Free", category="test")
async def free(config: Free, context: Context) -> Any:
    """Anything goes."""


@node("branch", title="Branch", category="test", ports=["true", "false"])
async def branch(config: Branch, context: Context) -> Any:
    """Two ports."""


@node("cases", title="Cases", category="test", ports=["default"], ports_from="cases[].port")
async def cases(config: Cases, context: Context) -> Any:
    """Ports from the config."""


@node("rows", title="Rows", category="test")
async def rows(config: Rows, context: Context) -> Any:
    """Per item."""


@node(
    "request", title="Request", category="test", pool="http",
    side_effects=SideEffectsBy(field="method", cases={"GET": "repeatable"}, otherwise="once"),
)  # fmt: skip
async def request_(config: Request, context: Context) -> Any:
    """Calls out."""


@node("program", title="Program", category="test")
async def program(config: Program, context: Context) -> Any:
    """Runs code."""


@node("each", title="Each", category="test")
async def each_(config: Each, context: Context) -> Any:
    """A container."""


@node("workflow.run", title="Run a workflow", category="test", waits=True)
async def workflow_run(config: OtherWorkflow, context: Context) -> Any:
    """Another workflow."""


@node("take", title="Take", category="test")
async def take(config: Taker, context: Context) -> Any:
    """Takes values."""


@node("page", title="Page", category="test")
async def page(config: Free, context: Context) -> Page:
    """Answers with an object of known keys."""
    raise NotImplementedError


@node("table", title="Table", category="test")
async def table(config: Free, context: Context) -> list[dict[str, int]] | None:
    """Answers with a list, or with nothing."""


@node("attempt", title="Attempt", category="test", ports=["out", "failure"])
async def attempt(config: Free, context: Context) -> Page:
    """Has a port for failures always."""
    raise NotImplementedError


@node("mail", title="Mail", category="test", credential_type="smtp")
async def mail(config: Free, context: Context) -> Any:
    """Needs a credential."""


TYPES = (
    *(free, branch, cases, rows, request_, program, each_, workflow_run, take, page, table, attempt, mail),
)


@pytest.fixture(scope="session")
def catalog() -> dict[str, NodeType]:
    """The node types above, by name."""
    found: list[Registered] = [each.registered for each in TYPES]  # type: ignore[attr-defined]
    return {each.node_type.type: each.node_type for each in found}
