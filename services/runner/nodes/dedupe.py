"""Drop repetitions."""

from typing import Any

from pydantic import Field

from services.runner.nodes._values import order_key
from shared.nodes import Context, NodeConfig, PerItem, node


class Config(NodeConfig):
    """What makes two items the same."""

    items: list[Any] = Field(description="The list to thin out.")
    by: PerItem = Field(
        "item",
        description="Items with the same value of this are the same; left out, the whole item is compared.",
    )


@node("dedupe", title="Remove duplicates", category="list", icon="copy-minus")
async def dedupe(config: Config, context: Context) -> list[Any]:
    """Keep the first of all items that are the same."""
    keys = await context.each(config.by, config.items)
    first: dict[tuple[Any, ...], Any] = {}
    for key, item in zip(keys, config.items, strict=True):
        first.setdefault(order_key(key), item)
    return list(first.values())
