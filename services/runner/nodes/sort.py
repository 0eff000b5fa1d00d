"""Put items in order."""

from typing import Any

from pydantic import Field

from services.runner.nodes._values import sorted_by
from shared.nodes import Context, NodeConfig, PerItem, node


class Config(NodeConfig):
    """What to sort, by what."""

    items: list[Any] = Field(description="The list to sort.")
    by: PerItem = Field(
        "item",
        description="Such as item.name or [item.country, item.name]; left out, the item itself.",
    )
    descending: bool = Field(False, description="Largest first. Items without a value come last either way.")


@node("sort", title="Sort", category="list", icon="arrow-up-down")
async def sort(config: Config, context: Context) -> list[Any]:
    """Put the items in order: booleans, numbers, texts, lists, objects, null; equal ones keep their order."""
    keys = await context.each(config.by, config.items)
    return sorted_by(config.items, keys, descending=config.descending)
