"""What can be wrong with an expression: found while it is parsed, or while it is evaluated."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something to mend in a graph or config, and where.

    `path` is like `nodes[2].config.url`; `offset` counts the characters before it in the string there.
    `lacking` says that the graph is merely not finished yet, so that a draft may still have it."""

    path: str
    code: str
    message: str
    offset: int | None = None
    lacking: bool = False


class ExpressionError(Exception):
    """An expression came to no value. `path` says where in the config it stands, such as `headers.Accept`.

    `code`: `expression_error`, `expression_missing` (no such key, element or output), `expression_timeout`,
    `expression_memory`, `expression_crashed`."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.path = path
