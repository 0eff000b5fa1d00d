"""What holds for every node type, whoever adds it."""

import json
import os
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import services.runner.nodes
from shared.nodes import Registered
from tests.contract.nodes import TYPES

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "catalog.json"
CATEGORIES = {"data", "list", "text", "logic", "code", "control", "asl"}
PROMISED = {
    "set", "condition", "switch", "filter", "sort", "limit", "dedupe", "aggregate", "split", "merge",
    "text.template", "json.parse", "csv.parse", "csv.write", "html.extract", "datetime", "hash", "validate",
    "code.python", "fail", "noop", "map", "loop", "try", "workflow.run", "wait", "signal", "review",
    "code.javascript", "shell", "webhook.respond",
}  # fmt: skip
ANSWERS_ANYTHING = {
    "condition", "switch", "json.parse", "validate", "code.python", "fail", "noop", "map", "loop", "try",
    "workflow.run", "wait", "signal", "review", "code.javascript",
    "asl.end", "asl.enter", "asl.choice", "asl.catch", "asl.fail", "asl.call",
}  # fmt: skip
"""Those whose output has a shape of the user's choosing, leave through ports, are suspended, or have none."""

every_type = pytest.mark.parametrize("registered", TYPES.values(), ids=TYPES)


def test_every_promised_type_is_there() -> None:
    assert set(TYPES) >= PROMISED


@every_type
def test_it_introduces_itself(registered: Registered) -> None:
    node_type = registered.node_type
    assert node_type.title
    assert node_type.title[0].isupper()
    assert 10 <= len(node_type.description) <= 140
    assert node_type.description.endswith(".")
    assert node_type.category in CATEGORIES
    assert node_type.icon != "box"
    apart = node_type.type == "shell"
    assert (node_type.pool, node_type.side_effects) == (("shell", "once") if apart else ("core", "none"))


@every_type
def test_every_config_field_is_described(registered: Registered) -> None:
    schema = registered.node_type.config_schema
    Draft202012Validator.check_schema(schema)
    undescribed = [path for path, field in _fields(schema) if not field.get("description")]
    assert not undescribed


@every_type
def test_it_says_what_comes_out(registered: Registered) -> None:
    node_type = registered.node_type
    Draft202012Validator.check_schema(node_type.output_schema)
    assert bool(node_type.output_schema) != (node_type.type in ANSWERS_ANYTHING)


@every_type
def test_it_refuses_keys_it_does_not_know(registered: Registered) -> None:
    assert all(
        shape["additionalProperties"] is False for shape in _shapes(registered.node_type.config_schema)
    )


@every_type
def test_it_has_a_module_and_a_test_of_its_own(registered: Registered) -> None:
    name = registered.node_type.type.replace(".", "_")
    module = f"{name}_" if iskeyword(name) else name
    assert registered.run.__module__ == f"{services.runner.nodes.__name__}.{module}"
    assert (HERE / "runner" / "nodes" / f"test_{module}.py").exists()


def test_the_catalog_is_as_people_know_it() -> None:
    catalog = {name: TYPES[name].node_type.model_dump(mode="json") for name in sorted(TYPES)}
    if os.environ.get("WEFT_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(catalog, indent=1, ensure_ascii=False) + "\n")
    known = json.loads(GOLDEN.read_text())
    assert catalog == known, (
        "The catalog, which stored workflows rely on, has changed. If that is meant, write it down with "
        "WEFT_UPDATE_GOLDEN=1 python -m pytest tests/contract/test_every_node_type.py"
    )


def _shapes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The config's own shape and those it is made of."""
    yield schema
    yield from (shape for shape in schema.get("$defs", {}).values() if "properties" in shape)


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for shape in _shapes(schema):
        for name, field in shape.get("properties", {}).items():
            yield f"{shape['title']}.{name}", field
