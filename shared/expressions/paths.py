"""Paths into values: `nodes.fetch.body[0]["x y"]`. Looking one up evaluates nothing."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.expressions.errors import ExpressionError

_SHOWN_KEYS = 8


@dataclass(frozen=True)
class Path:
    """A root such as `trigger`, and the keys and indexes that lead on from it."""

    root: str
    keys: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(_shown(key) for key in self.keys)


class Miss(Exception):
    """A step that a value does not allow; `kind` is the exception that Python would raise."""

    def __init__(self, kind: str, key: str | int, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.key = key


def path_in(tree: ast.expr) -> Path | None:
    """The path that an expression is, if it is nothing else."""
    keys: list[str | int] = []
    while not isinstance(tree, ast.Name):
        if isinstance(tree, ast.Attribute):
            key = tree.attr
        elif isinstance(tree, ast.Subscript):
            key = _constant(tree.slice)
        else:
            return None
        if key is None:
            return None
        keys.append(key)
        tree = tree.value
    return Path(tree.id, tuple(reversed(keys)))


def lookup(path: Path, bindings: Mapping[str, Any]) -> Any:
    """The value a path leads to; raises ExpressionError that says how far it leads and what there is."""
    try:
        return find(path, bindings)
    except Miss as miss:
        raise ExpressionError(code_of(miss), f"{{{{ {path} }}}}: {miss}") from miss


def find(path: Path, bindings: Mapping[str, Any]) -> Any:
    """As `lookup`, but raises Miss."""
    if path.root not in bindings:
        raise Miss("KeyError", path.root, f"`{path.root}` is not available here")
    value: Any = bindings[path.root]
    for position, key in enumerate(path.keys):
        if not _leads_on(value, key):
            raise _miss(path, position, value)
        value = value[key]
    return value


def _leads_on(value: Any, key: str | int) -> bool:
    if isinstance(value, Mapping):
        return key in value
    return isinstance(key, int) and isinstance(value, list | str) and -len(value) <= key < len(value)


def code_of(miss: Miss) -> str:
    """The ExpressionError code of a miss."""
    return "expression_error" if miss.kind == "TypeError" else "expression_missing"


def _miss(path: Path, position: int, value: Any) -> Miss:
    so_far, key = Path(path.root, path.keys[:position]), path.keys[position]
    if isinstance(value, Mapping):
        if path.root == "nodes" and position == 0:
            return Miss("KeyError", key, f"node {key!r} has no output: it was skipped or is not upstream")
        return Miss("KeyError", key, f"`{so_far}` has no key {key!r}; {_keys(value)}")
    if isinstance(value, list | str) and isinstance(key, int):
        what = "element" if isinstance(value, list) else "character"
        many = f"{len(value)} {what}{'' if len(value) == 1 else 's'}"
        return Miss("IndexError", key, f"`{so_far}` has {many}, so there is no [{key}]")
    if isinstance(value, list):
        return Miss("TypeError", key, f"`{so_far}` is a list, which has elements such as [0] but no {key!r}")
    return Miss("TypeError", key, f"`{so_far}` is {_kind(value)}, which has no {key!r}")


def _keys(value: Mapping[str, Any]) -> str:
    if not value:
        return "it is empty"
    shown = ", ".join(str(key)[:40] for key, _ in zip(value, range(_SHOWN_KEYS), strict=False))
    return f"it has {shown}" + (f" and {len(value) - _SHOWN_KEYS} more" if len(value) > _SHOWN_KEYS else "")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "a text" if isinstance(value, str) else "a number"


def _constant(tree: ast.expr) -> str | int | None:
    sign = 1
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        tree, sign = tree.operand, -1
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, int):
            return None
    if not isinstance(tree, ast.Constant) or isinstance(tree.value, bool):
        return None
    if isinstance(tree.value, int):
        return sign * tree.value
    return tree.value if isinstance(tree.value, str) else None


def _shown(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if key.isidentifier() else f'["{key}"]'
