"""JSON Schema in node types: a schema that cannot be used is a failure of the node."""

from typing import Any

from shared import json_schema
from shared.json_schema import Fault, Schema
from shared.nodes import NodeFailed


def faults(value: Any, schema: Schema, *, at_most: int) -> list[Fault]:
    """The first places where the value does not fit; fails when the schema itself cannot be used."""
    try:
        return json_schema.faults(value, schema, at_most=at_most)
    except json_schema.SchemaFailed as error:
        raise NodeFailed(error.code, str(error)) from error
