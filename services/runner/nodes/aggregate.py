"""Group items and measure the groups."""

from typing import Any, Literal

from pydantic import Field

from services.runner.nodes._values import mean, numbers_of, order_key, sorted_by, total
from shared.nodes import Context, NodeConfig, NodeFailed, PerItem, node

KEY = "key"


class Measure(NodeConfig):
    """One figure of each group."""

    op: Literal["sum", "avg", "min", "max", "count", "collect"] = Field(
        description="What to work out. All but collect leave null out; avg, min and max of nothing are null."
    )
    value: PerItem | None = Field(
        None,
        description="What of each item, such as item.amount; left out, the item itself (count: every item).",
    )


class Config(NodeConfig):
    """What to group and what to measure."""

    items: list[Any] = Field(description="The list to group.")
    group_by: PerItem | None = Field(
        None,
        description="Items with the same value form a group, found under `key`; an object such as "
        '{"country": item.country, "year": item.year} gives its own names. Left out, all form one group.',
    )
    measures: dict[str, Measure] = Field({}, description="The figures of each group, by name.")


@node("aggregate", title="Aggregate", category="list", icon="sigma")
async def aggregate(config: Config, context: Context) -> list[dict[str, Any]]:
    """Group items and work out sums, averages, extremes, counts and lists for each group."""
    rows, members = await _groups(config, context)
    for name, measure in config.measures.items():
        values = config.items if measure.value is None else await context.each(measure.value, config.items)
        for row, positions in zip(rows, members, strict=True):
            if name in row:
                raise NodeFailed(
                    "invalid_input",
                    f"Measure {name!r} has the same name as a part of the group's key; rename it.",
                )
            row[name] = _measured(name, measure, [values[position] for position in positions], positions)
    return rows


async def _groups(config: Config, context: Context) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """A row with the key for each group in order of first appearance, and the positions of its items."""
    if config.group_by is None:
        return [{}], [list(range(len(config.items)))]
    keys = await context.each(config.group_by, config.items)
    positions: dict[tuple[Any, ...], list[int]] = {}
    for position, key in enumerate(keys):
        positions.setdefault(order_key(key), []).append(position)
    first = [keys[group[0]] for group in positions.values()]
    return [dict(key) if isinstance(key, dict) else {KEY: key} for key in first], list(positions.values())


def _measured(name: str, measure: Measure, values: list[Any], positions: list[int]) -> Any:
    if measure.op == "collect":
        return values
    if measure.op == "count":
        return len(values) if measure.value is None else sum(value is not None for value in values)
    if measure.op in ("min", "max"):
        ordered = sorted_by(values, values, descending=measure.op == "max")
        return ordered[0] if ordered else None
    what = f"Measure {name!r} ({measure.op})"
    numbers = numbers_of(values, what, positions)
    return total(numbers, what) if measure.op == "sum" else mean(numbers, what)
