"""From a trigger's event to a run's input, by paths: nothing is evaluated.

An event is a plain value. A path begins with one of its keys (`body.order.items[0].sku`,
`headers["x-shop"]`), with or without `{{ }}` around it; `event` is all of it."""

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from shared.contracts.trigger import Mapped
from shared.expressions.paths import Miss, Path, find, path_in
from shared.expressions.templates import CLOSE, OPEN

Event = Mapping[str, Any]

MAX_PATH_CHARS = 500
ABSENT = object()


class PathError(ValueError):
    """A text is no path."""


@lru_cache(4096)
def path_of(text: str) -> Path:
    """The path that a text is; raises PathError."""
    if len(text) > MAX_PATH_CHARS:
        raise PathError(f"a path may have at most {MAX_PATH_CHARS} characters")
    stripped = text.strip()
    if stripped.startswith(OPEN) and stripped.endswith(CLOSE):
        stripped = stripped[len(OPEN) : -len(CLOSE)].strip()
    try:
        found = path_in(ast.parse(stripped, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if found is None:
        raise PathError(
            f"{text[:100]!r} is no path such as body.items[0].sku; a key that is no plain word stands in "
            'brackets: headers["x-shop"]'
        )
    return found


def mapped(event: Event, mapping: Sequence[Mapped] | None) -> Any:
    """The input that a trigger makes of an event; where a path leads nowhere there is null."""
    if mapping is None:
        return dict(event)
    found = {each.key: found_at(event, each.path) for each in mapping}
    return {key: None if value is ABSENT else value for key, value in found.items()}


def found_at(event: Event, text: str) -> Any:
    """What a path leads to, or ABSENT."""
    try:
        return find(path_of(text), {**event, "event": event})
    except (Miss, PathError):
        return ABSENT
