"""What strangers send, against the JSON Schema that others wrote for it."""

import asyncio

import orjson

from services.gateway.errors import MAX_ERRORS, Refused, refusal
from shared.contracts.base import Json
from shared.json_schema import SchemaFailed, faults


async def check_fits(value: object, schema: Json, *, name: str, secret: bool = False) -> None:
    """Raises Refused (`invalid_data`), listing every place where the value does not fit its schema; `name` is
    what the value is called. Nothing of a `secret` one is repeated."""
    try:
        # In a thread: schema and value may take a while, and nobody else shall wait for that.
        found = await asyncio.to_thread(faults, value, orjson.loads(schema), at_most=MAX_ERRORS)
    except SchemaFailed as error:
        raise Refused("invalid_data", f"{name} cannot be checked: {error}") from error
    if found:
        errors = [
            {
                "path": name + each.path.removeprefix("$"),
                "code": "invalid",
                "message": each.rule if secret else each.message,
            }
            for each in found
        ]
        raise refusal("invalid_data", errors)
