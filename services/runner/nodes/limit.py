"""Keep a stretch of a list."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """Which stretch to keep."""

    items: list[Any] = Field(description="The list to take from.")
    count: int = Field(ge=0, description="How many items to keep at most.")
    offset: int = Field(0, ge=0, description="How many items to leave out first.")


@node("limit", title="Limit", category="list", icon="list-end")
async def limit(config: Config, context: Context) -> list[Any]:
    """Keep at most so many items, after leaving out the first few."""
    return config.items[config.offset : config.offset + config.count]
