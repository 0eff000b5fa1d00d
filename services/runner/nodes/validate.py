"""Check a value against a JSON Schema."""

import asyncio
from typing import Any

from pydantic import Field

from services.runner.nodes._schema import faults
from shared.nodes import Context, NodeConfig, NodeFailed, node

SHOWN = 20


class Config(NodeConfig):
    """What to check against what."""

    value: Any = Field(description="The value to check.")
    json_schema: dict[str, Any] | bool = Field(
        alias="schema", description="A JSON Schema (draft 2020-12). References lead only to parts of itself."
    )


@node("validate", title="Validate", category="logic", icon="shield-check")
async def validate(config: Config, context: Context) -> Any:
    """Hand a value on if it fits a JSON Schema; otherwise fail and name every place that does not."""
    found = await asyncio.to_thread(faults, config.value, config.json_schema, at_most=SHOWN + 1)
    if not found:
        return config.value
    more = "and more " if len(found) > SHOWN else ""
    shown = [f"{fault.path}: {fault.message}" for fault in found[:SHOWN]]
    raise NodeFailed(
        "invalid",
        f"The value does not fit its schema in {len(shown)} {more}places: {'; '.join(shown)}",
        paths=[fault.path for fault in found[:SHOWN]],
        errors=shown,
    )
