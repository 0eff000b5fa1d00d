"""Read CSV."""

import csv
import io
import math
import re
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from services.runner.nodes._csv import Delimiter
from services.runner.nodes._values import LARGEST_INTEGER, SMALLEST_INTEGER
from shared.nodes import Context, NodeConfig, NodeFailed, node

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "true": True, "false": False}


class Config(NodeConfig):
    """What to read and how it is written."""

    text: str = Field(description="The CSV text.")
    delimiter: Delimiter = ","
    header: bool = Field(
        True,
        description="The first row names the columns and rows become objects; otherwise rows become lists.",
    )
    infer: bool = Field(
        False,
        description="Read numbers, true, false and empty values as such; otherwise every value is text.",
    )


@node("csv.parse", title="Parse CSV", category="text", icon="table")
async def csv_parse(config: Config, context: Context) -> list[dict[str, Any]] | list[list[Any]]:
    """Read CSV text as a list of rows."""
    numbered = list(_rows(config))
    if not numbered:
        return []
    first_line, first = numbered[0]
    for line, row in numbered[1:]:
        if len(row) != len(first):
            what = "header names" if config.header else "first row has"
            raise NodeFailed(
                "invalid_csv",
                f"Line {line} has {len(row)} values, but the {what} {len(first)}. "
                "Put values that hold the delimiter in double quotes, or choose another delimiter.",
                line=line,
            )
    if not config.header:
        return [_typed(row, config) for _, row in numbered]
    _check_header(first, first_line)
    return [dict(zip(first, _typed(row, config), strict=True)) for _, row in numbered[1:]]


def _rows(config: Config) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its last line."""
    text = io.StringIO(config.text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(text, delimiter=config.delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise NodeFailed(
            "invalid_csv", f"Line {reader.line_num} is not CSV: {error}.", line=reader.line_num
        ) from error


def _check_header(names: list[str], line: int) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise NodeFailed(
                "invalid_csv", f"Line {line}: column {position} of the header has no name.", line=line
            )
        if name in seen:
            raise NodeFailed("invalid_csv", f"Line {line}: the header names {name!r} twice.", line=line)
        seen.add(name)


def _typed(row: list[str], config: Config) -> list[Any]:
    return [_inferred(text) for text in row] if config.infer else row


def _inferred(text: str) -> Any:
    """The value a text stands for; numbers that would lose digits or zeros on the way stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        number = int(text)
        return number if SMALLEST_INTEGER <= number <= LARGEST_INTEGER else text
    if _DECIMAL.fullmatch(text) and ("." in text or "e" in text.lower()):
        decimal = float(text)
        return decimal if math.isfinite(decimal) else text
    return text
