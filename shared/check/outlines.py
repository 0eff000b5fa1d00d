"""What a JSON Schema allows, told by its outline: which kinds of value, and what lies under a key.

An outline is a list of alternatives and never too narrow: whatever is not understood counts as anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.check.scope import Schema

KINDS = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_MOST_STEPS = 50
_ANYTHING: Schema = {}

Outline = list[Schema]


def outline(schema: Schema, root: Schema | None = None) -> Outline:
    """The alternatives of a schema, its references followed within `root`."""
    found: Outline = []
    left: list[Any] = [schema]
    for _ in range(_MOST_STEPS):
        if not left:
            return found
        each = left.pop()
        if each is False:
            continue
        if not isinstance(each, Mapping) or "allOf" in each:
            return [_ANYTHING]
        if "$ref" in each:
            left.append(_definition(each["$ref"], schema if root is None else root))
        elif isinstance(each.get("anyOf") or each.get("oneOf"), list):
            left.extend(each.get("anyOf") or each["oneOf"])
        else:
            found.append(each)
    return [_ANYTHING]


def under(alternatives: Outline, keys: Sequence[str | int], root: Schema) -> tuple[Outline, int]:
    """What may stand at the end of a path into such values, and how many keys lead somewhere at all."""
    for position, key in enumerate(keys):
        below = [schema for each in alternatives for schema in _step(each, key)]
        stepped = [inner for schema in below for inner in outline(schema, root)]
        if not stepped:
            return alternatives, position
        alternatives = stepped
    return alternatives, len(keys)


def kinds(alternatives: Outline) -> frozenset[str]:
    """The kinds of value that an outline allows."""
    return frozenset().union(*map(_kinds, alternatives))


def names(alternatives: Outline) -> list[str]:
    """The keys that such objects are known to have."""
    return list(dict.fromkeys(name for each in alternatives for name in each.get("properties", {})))


def _definition(reference: Any, root: Schema) -> Any:
    found: Any = root
    for part in str(reference).removeprefix("#/").split("/"):
        found = found.get(part, _ANYTHING) if isinstance(found, Mapping) else _ANYTHING
    return found


def _kinds(schema: Schema) -> frozenset[str]:
    stated = schema.get("type", KINDS)
    return frozenset([stated] if isinstance(stated, str) else stated)


def _step(schema: Schema, key: str | int) -> list[Any]:
    """The schemas of what is under a key; none if there cannot be anything."""
    stated = _kinds(schema)
    if isinstance(key, str):
        return _value(schema, key) if "object" in stated else []
    found: list[Any] = [{"type": "string"}] if "string" in stated else []
    return [*found, *_element(schema, key)] if "array" in stated else found


def _value(schema: Schema, key: str) -> list[Any]:
    properties = schema.get("properties", {})
    if key in properties:
        return [properties[key]]
    if "patternProperties" in schema:
        return [_ANYTHING]
    rest = schema.get("additionalProperties", True)
    return [] if rest is False else [_ANYTHING if rest is True else rest]


def _element(schema: Schema, index: int) -> list[Any]:
    first = schema.get("prefixItems", [])
    if 0 <= index < len(first):
        return [first[index]]
    rest = schema.get("items", True)
    if first and index < 0:
        return [_ANYTHING]
    return [] if rest is False else [_ANYTHING if rest is True else rest]
