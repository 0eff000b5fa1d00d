from pathlib import Path
from typing import Any

import pytest

from shared import json_schema
from tests.contract.nodes import Nodes

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$"},
        "mail": {"type": "string", "format": "email"},
        "at": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "#/$defs/line"}},
    },
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "required": ["sku"],
            "properties": {"n": {"type": "integer", "minimum": 1}},
        }
    },
}
GOOD = {"id": "A-1", "mail": "a@b.c", "at": "2024-05-31T12:00:00Z", "lines": [{"sku": "x", "n": 2}]}


async def fails(nodes: Nodes, value: Any, schema: Any) -> Any:
    return await nodes.failure("validate", {"value": "{{ trigger }}", "schema": schema}, trigger=value)


async def test_what_fits_is_handed_on(nodes: Nodes) -> None:
    assert await nodes.output("validate", {"value": "{{ trigger }}", "schema": ORDER}, trigger=GOOD) == GOOD


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"id": 5}, ["$.id"]),
        ({"id": "a"}, ["$.id"]),
        ({"mail": "nobody"}, ["$.mail"]),
        ({"at": "2024-05-31"}, ["$.at"]),
        ({"lines": []}, ["$.lines"]),
        ({"lines": [{"sku": "x"}, {"sku": "x"}]}, ["$.lines"]),
        ({"lines": [{"sku": "x", "n": 0}, {"n": "many"}]}, ["$.lines[0].n", "$.lines[1]", "$.lines[1].n"]),
        ({"more": 1}, ["$"]),
        ({"id": None, "lines": None}, ["$.id", "$.lines"]),
    ],
)
async def test_every_place_that_does_not_fit_is_named(nodes: Nodes, change: Any, paths: list[str]) -> None:
    failure = await fails(nodes, {**GOOD, **change}, ORDER)
    assert failure.code == "invalid"
    assert sorted(failure.details["paths"]) == sorted(paths)
    assert all(path in failure.message for path in paths)


@pytest.mark.parametrize(
    ("value", "schema"), [(1, True), (None, {}), ([1, "1", True, 1.5], {"uniqueItems": True})]
)
async def test_schemas_that_allow_much(nodes: Nodes, value: Any, schema: Any) -> None:
    assert (
        await nodes.output("validate", {"value": "{{ trigger }}", "schema": schema}, trigger=value) == value
    )


async def test_names_may_follow_patterns(nodes: Nodes) -> None:
    schema = {"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": {"type": "string"}}
    assert (await fails(nodes, {"x-a": "1", "b": 2, "x-c": 3, "d": "e"}, schema)).details["paths"] == [
        "$['x-a']",
        "$.b",
    ]


async def test_a_list_of_faults_ends(nodes: Nodes) -> None:
    failure = await fails(nodes, ["x"] * 1000, {"items": {"type": "integer"}})
    assert len(failure.details["paths"]) == 20
    assert "more" in failure.message


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "txt"}, "not a JSON Schema"),
        ({"pattern": "("}, "pattern"),
        ({"pattern": "(?=a)b"}, "pattern"),
        ({"$ref": "http://127.0.0.1:9/x.json"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "not in it"),
        ({"unevaluatedProperties": False}, "additionalProperties"),
    ],
)
async def test_a_schema_that_cannot_be_used_is_told(nodes: Nodes, schema: Any, said: str) -> None:
    failure = await fails(nodes, "b", schema)
    assert failure.code == "invalid_schema"
    assert said in failure.message


async def test_a_schema_reads_no_files(nodes: Nodes, tmp_path: Path) -> None:
    elsewhere = tmp_path / "schema.json"
    elsewhere.write_text('{"type": "string"}')
    failure = await fails(nodes, "fits", {"$ref": elsewhere.as_uri()})
    assert failure.code == "invalid_schema"
    assert "nothing is fetched" in failure.message


@pytest.mark.parametrize("dialect", [{}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}])
async def test_patterns_and_references_come_to_an_end(nodes: Nodes, dialect: dict[str, str]) -> None:
    backtracking = {**dialect, "items": {**dialect, "pattern": "^(a+)+$"}}
    assert (await fails(nodes, ["a" * 5000 + "b"], backtracking)).code == "invalid"
    names = {**dialect, "patternProperties": {"^(a+)+$": True}, "additionalProperties": False}
    assert (await fails(nodes, {"a" * 5000 + "b": 1}, names)).code == "invalid"
    assert (await fails(nodes, "x", {**dialect, "$ref": "#"})).code == "too_deep"


async def test_a_small_schema_that_asks_for_endless_checks_is_stopped(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_schema, "MAX_CHECKS", 10_000)
    doubling: dict[str, Any] = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(40)
    }
    schema = {"$ref": "#/$defs/d0", "$defs": {**doubling, "d40": {"type": "string"}}}
    assert (await fails(nodes, "x", schema)).code == "too_large"
