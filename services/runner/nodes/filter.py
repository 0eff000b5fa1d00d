"""Keep some items."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, PerItem, node


class Config(NodeConfig):
    """Which items to keep."""

    items: list[Any] = Field(description="The list to choose from.")
    where: PerItem = Field(
        "item",
        description="Kept when this holds, such as item.score > 5; left out, when not empty or 0.",
    )


@node("filter", title="Filter", category="list", icon="funnel")
async def filter_items(config: Config, context: Context) -> list[Any]:
    """Keep the items for which an expression holds."""
    holds = await context.each(config.where, config.items)
    return [item for item, kept in zip(config.items, holds, strict=True) if kept]
