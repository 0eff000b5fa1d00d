"""Make one list of two."""

from itertools import zip_longest
from typing import Any, Literal

from pydantic import Field

from services.runner.nodes._values import MAX_ROWS, order_key
from shared.nodes import Context, NodeConfig, NodeFailed, PerItem, node

How = Literal["inner", "left", "right", "outer"]
_NOTHING = object()


class Config(NodeConfig):
    """Which lists, and how their items meet."""

    left: list[Any] = Field(description="The first list.")
    right: list[Any] = Field(description="The second list.")
    mode: Literal["append", "position", "key"] = Field(
        "append",
        description="One list after the other, partners by position, or partners by key.",
    )
    left_key: PerItem | None = Field(
        None, description="For mode key: the key of an item on the left, such as item.id."
    )
    right_key: PerItem | None = Field(
        None, description="For mode key: the key of an item on the right; left out, the same as on the left."
    )
    how: How = Field(
        "inner",
        description="For position and key, items to keep though they have no partner: none (inner), those of "
        "one side (left, right), or all (outer).",
    )


@node("merge", title="Merge", category="list", icon="merge")
async def merge(config: Config, context: Context) -> list[Any]:
    """Make one list of two: appended, or with partners made into one object (the right one's names win)."""
    if config.mode == "append":
        return [*config.left, *config.right]
    if config.mode == "position":
        pairs = list(zip_longest(config.left, config.right, fillvalue=_NOTHING))
    else:
        pairs = await _pairs_by_key(config, context)
    return [_joined(left, right) for left, right in pairs if _kept(left, right, config.how)]


def _kept(left: Any, right: Any, how: How) -> bool:
    if right is _NOTHING:
        return how in ("left", "outer")
    return left is not _NOTHING or how in ("right", "outer")


def _joined(left: Any, right: Any) -> Any:
    """Objects become one object; a pair that is not of objects is kept as `{left, right}`."""
    left_side = {} if left is _NOTHING else left
    right_side = {} if right is _NOTHING else right
    if isinstance(left_side, dict) and isinstance(right_side, dict):
        return {**left_side, **right_side}
    return {"left": None if left is _NOTHING else left, "right": None if right is _NOTHING else right}


async def _pairs_by_key(config: Config, context: Context) -> list[tuple[Any, Any]]:
    """Partners in the order of the left list, then the right items without one; null is nobody's partner."""
    if config.left_key is None:
        raise NodeFailed(
            "invalid_config", "To merge by key, set left_key to what identifies an item, such as item.id."
        )
    left_keys = await context.each(config.left_key, config.left)
    right_keys = await context.each(config.right_key or config.left_key, config.right)
    partners: dict[tuple[Any, ...], list[int]] = {}
    for position, key in enumerate(right_keys):
        if key is not None:
            partners.setdefault(order_key(key), []).append(position)
    pairs: list[tuple[Any, Any]] = []
    met: set[int] = set()
    for item, key in zip(config.left, left_keys, strict=True):
        found = partners.get(order_key(key), [])
        _check_size(len(pairs) + len(found))
        pairs.extend([(item, config.right[position]) for position in found] or [(item, _NOTHING)])
        met.update(found)
    return pairs + [(_NOTHING, item) for position, item in enumerate(config.right) if position not in met]


def _check_size(rows: int) -> None:
    if rows > MAX_ROWS:
        raise NodeFailed(
            "too_large",
            f"Merging by this key gives more than {MAX_ROWS:,} items, because many share a key. "
            "Choose a key that identifies an item, or remove duplicates first.",
        )
