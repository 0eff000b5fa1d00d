"""A small catalog to check graphs against."""

from typing import Any, Literal

import pytest

from shared.context import Context
from shared.contracts.catalog import NodeType, SideEffectsBy
from shared.nodes import Code, NodeConfig, PerItem, Registered, node


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


@pytest.fixture(scope="session")
def catalog() -> dict[str, NodeType]:
    """The node types above, by name."""
    found: list[Registered] = [each.registered for each in (free, branch, cases, rows, request_, program)]  # type: ignore[attr-defined]
    return {each.node_type.type: each.node_type for each in found}
