"""A node type is one function: its type hints say all that others need to know."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from shared.contracts.catalog import SideEffectsBy
from shared.contracts.directive import SleepUntil, SpawnRuns
from shared.nodes import Body, Code, Context, NodeConfig, PerItem, Registered, Routed, discover, node


class Measure(BaseModel):
    """A part of a config."""

    value: PerItem
    name: str = "n"


class Config(NodeConfig):
    """Every way in which fields can be marked."""

    items: list[Any]
    where: PerItem
    by: PerItem | None = None
    keys: list[PerItem] = []
    measures: dict[str, Measure] = {}
    code: Code = ""


@node(
    "sum.up", title="Sum up", category="list", ports=["out", "empty"], side_effects="repeatable", pool="sums"
)
async def sum_up(config: Config, context: Context) -> dict[str, int]:
    """Add up what the items say.

    Further lines are for developers."""
    return {"sum": len(config.items)}


def registered(run: Any) -> Registered:
    return run.registered


def test_the_hints_are_the_manifest() -> None:
    found = registered(sum_up).node_type
    assert (found.type, found.title, found.pool, found.ports) == (
        "sum.up",
        "Sum up",
        "sums",
        ["out", "empty"],
    )
    assert found.description == "Add up what the items say."
    assert found.side_effects == "repeatable"
    assert found.config_schema["required"] == ["items", "where"]
    assert found.output_schema == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_fields_that_hold_expressions_or_programs_are_named_wherever_they_are() -> None:
    found = registered(sum_up).node_type
    assert found.per_item == ["where", "by", "keys[]", "measures{}.value"]
    assert found.code == ["code"]
    assert found.bodies == []


class ContainerConfig(NodeConfig):
    """Graphs, one of them under a name that Python keeps for itself."""

    graph: Body
    finally_: Body | None = Field(None, alias="finally")


def test_fields_that_hold_graphs_are_named_as_people_write_them() -> None:
    @node("try.out", title="Try", category="test", waits=True)
    async def try_out(config: ContainerConfig, context: Context) -> SpawnRuns: ...

    found = registered(try_out).node_type
    assert (found.bodies, found.waits, found.output_schema) == (["graph", "finally"], True, {})
    assert found.config_schema["properties"]["graph"]["type"] == "object"
    assert ContainerConfig.model_validate({"graph": {}, "finally": {}}).finally_ == {}
    assert not registered(sum_up).node_type.waits


def test_a_config_refuses_keys_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match=r"wher\n.*Extra inputs"):
        Config.model_validate({"items": [], "where": "item", "wher": 1})


def test_an_output_of_any_kind_has_no_schema() -> None:
    @node("any.one", title="Any", category="test")
    async def any_one(config: NodeConfig, context: Context) -> Any: ...

    @node("which.port", title="Which", category="test", side_effects=SideEffectsBy(field="method", cases={}))
    async def which_port(config: NodeConfig, context: Context) -> Routed: ...

    @node("port.or", title="Port or", category="test")
    async def port_or(config: NodeConfig, context: Context) -> Routed | SleepUntil | None: ...

    assert registered(port_or).node_type.output_schema == {}
    assert registered(any_one).node_type.output_schema == {}
    assert registered(any_one).node_type.description == "Any"
    assert registered(which_port).node_type.output_schema == {}
    assert registered(any_one).node_type.pool == "core"


class Answer(TypedDict):
    """An output with two keys."""

    status: int
    more: dict[str, int]


def test_an_output_has_no_keys_but_those_of_its_hint() -> None:
    @node("list.all", title="List all", category="test")
    async def list_all(config: NodeConfig, context: Context) -> list[Answer]:
        return []

    schema = registered(list_all).node_type.output_schema
    assert schema["$defs"]["Answer"]["additionalProperties"] is False
    assert schema["$defs"]["Answer"]["properties"]["more"]["additionalProperties"] == {"type": "integer"}


ONE = """
from shared.nodes import Context, NodeConfig, node

@node({name!r}, title="One", category="test")
async def one(config: NodeConfig, context: Context) -> int:
    "One."
    return 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package of node types."""
    package = tmp_path / "vendor_nodes"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [each for each in sys.modules if each.startswith("vendor_nodes")]:
        monkeypatch.delitem(sys.modules, name)
    return package


def package_in(folder: Path) -> ModuleType:
    package = ModuleType(folder.name)
    package.__path__ = [str(folder)]
    return package


def test_every_type_in_a_folder_is_found_and_main_is_not_started(folder: Path) -> None:
    (folder / "one.py").write_text(ONE.format(name="one"))
    (folder / "again.py").write_text("from vendor_nodes.one import one")
    (folder / "__main__.py").write_text("raise SystemExit('started')")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "__init__.py").touch()
    (folder / "deeper" / "two.py").write_text(ONE.format(name="two"))
    assert sorted(discover(package_in(folder))) == ["one", "two"]


def test_two_types_of_one_name_are_refused_at_start(folder: Path) -> None:
    for file in ("one.py", "two.py"):
        (folder / file).write_text(ONE.format(name="same"))
    with pytest.raises(ValueError, match=r"vendor_nodes\.two: node type 'same' is declared twice"):
        discover(package_in(folder))
