"""What JSON Schemas allow, told by their outlines; what they do not say is anything."""

from typing import Any

import pytest

from shared.check.outlines import KINDS, kinds, outline, under

TREE: dict[str, Any] = {
    "$ref": "#/$defs/Tree",
    "$defs": {
        "Tree": {
            "type": "object",
            "properties": {
                "leaf": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "below": {
                    "type": "array",
                    "prefixItems": [{"type": "string"}],
                    "items": {"$ref": "#/$defs/Tree"},
                },
                "either": {"oneOf": [{"type": "array", "items": False}, {"type": ["object", "null"]}]},
                "pattern": {"type": "object", "patternProperties": {"^x": {}}, "additionalProperties": False},
                "both": {"allOf": [{"type": "string"}]},
            },
            "additionalProperties": False,
        }
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], {"object"}),
        (["leaf"], {"integer", "null"}),
        (["below"], {"array"}),
        (["below", 0], {"string"}),
        (["below", 0, 5], {"string"}),
        (["below", 1], {"object"}),
        (["below", -1], KINDS),
        (["below", 3, "below", 7, "leaf"], {"integer", "null"}),
        (["either"], {"array", "object", "null"}),
        (["either", "any"], KINDS),
        (["pattern", "y"], KINDS),
        (["both"], KINDS),
        (["both", "x", 0], KINDS),
    ],
)
def test_a_path_leads_to_kinds(keys: list[str | int], expected: set[str]) -> None:
    found, reached = under(outline(TREE), keys, TREE)
    assert (kinds(found), reached) == (expected, len(keys))


@pytest.mark.parametrize(
    ("keys", "reached"),
    [
        (["leaf", "x"], 1),
        (["other"], 0),
        ([0], 0),
        (["below", "x"], 1),
        (["either", 0], 1),
        (["below", 0, "x"], 2),
    ],
)
def test_or_tells_how_far_it_gets(keys: list[str | int], reached: int) -> None:
    assert under(outline(TREE), keys, TREE)[1] == reached


@pytest.mark.parametrize(
    "schema", [{}, {"$ref": "#/$defs/None"}, {"anyOf": [{"$ref": "#"}]}, {"$ref": "#"}, {"enum": [1]}]
)
def test_what_cannot_be_told_may_be_anything(schema: dict[str, Any]) -> None:
    assert kinds(outline(schema)) == KINDS
