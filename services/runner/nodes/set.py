"""Compute values."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """What a `set` node is set to."""

    values: dict[str, Any] = Field({}, description="Names and their values; any value may be an expression.")


@node("set", title="Set values", category="data", icon="pencil")
async def set_values(config: Config, context: Context) -> dict[str, Any]:
    """Compute values from what arrived and hand them on as one object."""
    return config.values
