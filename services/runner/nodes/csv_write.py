"""Write CSV."""

import csv
import io
from typing import Any

from pydantic import Field

from services.runner.nodes._csv import Delimiter
from services.runner.nodes._values import as_text, described
from shared.nodes import Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What to write and how."""

    items: list[Any] = Field(description="The rows: objects, or lists of values.")
    columns: list[str] | None = Field(
        None, description="The columns in order; left out, every name that occurs, in order of appearance."
    )
    delimiter: Delimiter = ","
    header: bool = Field(True, description="Write the columns' names as the first row.")


@node("csv.write", title="Write CSV", category="text", icon="sheet")
async def csv_write(config: Config, context: Context) -> str:
    """Write a list of rows as CSV text; null becomes an empty value, lists and objects become JSON."""
    lists = bool(config.items) and isinstance(config.items[0], list)
    rows = _from_lists(config) if lists else _from_objects(config)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=config.delimiter, lineterminator="\n")
    try:
        writer.writerows([as_text(value) for value in row] for row in rows)
    except csv.Error as error:
        raise NodeFailed("invalid_input", f"This cannot be written as CSV: {error}.") from error
    return text.getvalue()


def _from_objects(config: Config) -> list[list[Any]]:
    names: dict[str, None] = {}
    for position, item in enumerate(config.items):
        if not isinstance(item, dict):
            raise _unlike("objects", position, item)
        names.update(dict.fromkeys(item))
    columns = list(names) if config.columns is None else config.columns
    rows = [[item.get(column) for column in columns] for item in config.items]
    return [columns, *rows] if config.header and columns else rows


def _from_lists(config: Config) -> list[list[Any]]:
    for position, item in enumerate(config.items):
        if not isinstance(item, list):
            raise _unlike("lists", position, item)
        if config.columns is not None and len(item) != len(config.columns):
            raise NodeFailed(
                "invalid_input",
                f"Item {position} has {len(item)} values, but there are {len(config.columns)} columns.",
                item=position,
            )
    return [config.columns, *config.items] if config.header and config.columns else config.items


def _unlike(wanted: str, position: int, item: Any) -> NodeFailed:
    return NodeFailed(
        "invalid_input",
        f"The rows must all be {wanted}, but item {position} is {described(item)}.",
        item=position,
    )
