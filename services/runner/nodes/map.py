"""Run a graph for every item."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from services.runner.nodes._values import described
from shared.contracts.directive import MOST_CONCURRENT, SpawnRuns
from shared.contracts.value import inline, to_json
from shared.nodes import Body, Context, NodeConfig, NodeFailed, node

MAX_ITEMS = 100_000


class Config(NodeConfig):
    """What to run on which items."""

    items: Annotated[Any, WithJsonSchema({"anyOf": [{"type": "array"}, {"type": "object"}]})] = Field(
        description="A list, or an object whose entries are items of the form {key, value}."
    )
    graph: Body = Field(description="What is run for each item; its expressions may use item and index.")
    concurrency: int = Field(
        10, ge=1, le=MOST_CONCURRENT, description="How many items are worked on at the same time."
    )
    on_item_failure: Literal["stop", "keep", "drop"] = Field(
        "stop",
        description="When an item fails: stop fails the whole map, keep puts {failure} in the item's place, "
        "drop leaves the item out.",
    )


@node("map", title="For each", category="control", icon="layers")
async def map_items(config: Config, context: Context) -> list[Any] | dict[str, Any] | SpawnRuns:
    """Run a graph for every item of a list or object and gather what comes out, in order."""
    items = config.items
    if not isinstance(items, list | dict):
        raise NodeFailed("invalid_input", f"items must be a list or an object, but is {described(items)}.")
    if not items:
        return items
    if len(items) > MAX_ITEMS:
        raise NodeFailed(
            "too_large",
            f"There are {len(items):,} items; {MAX_ITEMS:,} may be. Work on several at a time: "
            "the node split cuts a list into lists.",
        )
    keyed = isinstance(items, dict)
    each = [{"key": key, "value": items[key]} for key in items] if keyed else items
    return SpawnRuns(
        shape="map",
        items=inline(to_json(each)),
        total=len(items),
        keyed=keyed,
        concurrency=config.concurrency,
        on_item_failure=config.on_item_failure,
    )
