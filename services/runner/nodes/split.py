"""Cut a list into pieces."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """What to cut and how."""

    items: list[Any] = Field(description="The list to cut.")
    size: int = Field(ge=1, description="How many items a piece holds; the last may hold fewer.")


@node("split", title="Split into batches", category="list", icon="rows-3")
async def split(config: Config, context: Context) -> list[list[Any]]:
    """Cut a list into pieces of one size."""
    return [config.items[start : start + config.size] for start in range(0, len(config.items), config.size)]
