"""The shape of a graph: size, depth, and what the models of `shared/contracts/graph.py` say of it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.check.wiring import suggestion
from shared.contracts.graph import MAX_GRAPH_BYTES, MOST_NODES, Graph
from shared.contracts.value import to_json
from shared.expressions.errors import Problem
from shared.expressions.templates import OPEN

MAX_LEVELS = 64
MAX_EXPRESSIONS = 10_000
_ID_RULE = "may hold letters, digits, `_` and `-`, and has 1 to 64 characters"


def size_problem(raw: Any) -> Problem | None:
    """Why a graph cannot even be looked at: too deep, no JSON, or too large."""
    where = _too_deep(raw)
    if where is not None:
        return Problem(where, "too_deep", f"values may be nested {MAX_LEVELS} levels deep, not more")
    try:
        text = to_json(raw)
    except (TypeError, ValueError) as error:
        return Problem("", "not_json", f"the graph holds a value that JSON does not know: {error}")
    size, expressions = len(text.encode()), text.count(OPEN)
    if size > MAX_GRAPH_BYTES:
        said = f"the graph has {size:,} bytes; {MAX_GRAPH_BYTES:,} may be. Keep large data in files or inputs"
        return Problem("", "too_large", said)
    if expressions > MAX_EXPRESSIONS:
        said = f"the graph has `{OPEN}` {expressions:,} times; {MAX_EXPRESSIONS:,} times it may"
        return Problem("", "too_many_expressions", said)
    return None


def count_problem(count: int, parts: int, max_nodes: int) -> Problem | None:
    """Whether there are more nodes than may be; parts of others count only against what can be at most."""
    found, most = (count, MOST_NODES) if count > MOST_NODES else (count - parts, max_nodes)
    if found <= most:
        return None
    said = f"the graph has {found:,} nodes, those within containers included; {most:,} may be"
    hint = f" (`WEFT_MAX_NODES` of the gateway says so; it may be up to {MOST_NODES:,})"
    return Problem("nodes", "too_many_nodes", said + (hint if most < MOST_NODES else ""))


def shape_problems(raw: dict[str, Any], error: ValidationError) -> list[Problem]:
    """What pydantic found, in words for people; repeated ids are named where they stand."""
    found = [
        _told(raw, each["type"], each["loc"], each["msg"])
        for each in error.errors(include_url=False, include_context=False)
        if each["type"] != "value_error"
    ]
    return [*found, *_repeated_ids(raw)]


def path_of(loc: tuple[str | int, ...]) -> str:
    """A pydantic location as text: `nodes[0].config`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def _told(raw: dict[str, Any], kind: str, loc: tuple[str | int, ...], message: str) -> Problem:
    path = path_of(loc)
    match kind:
        case "missing":
            return Problem(path, "required", f"`{loc[-1]}` is required")
        case "extra_forbidden":
            return Problem(path, "unknown_key", _unknown_key(str(loc[-1]), loc))
        case "string_pattern_mismatch" if loc[-1] in ("id", "source", "target", "port"):
            return Problem(path, "invalid_id", f"`{loc[-1]}` {_ID_RULE}")
        case "too_long" if loc == ("nodes",):
            count = len(raw["nodes"])
            return Problem("nodes", "too_many_nodes", f"the graph has {count:,} nodes; {MOST_NODES:,} may be")
        case "too_short" if loc == ("nodes",):
            return Problem("nodes", "empty", "a graph needs at least one node", lacking=True)
        case _:
            said = message[:1].lower() + message[1:]
            return Problem(path, "invalid", f"{said} (here is {_short(raw, loc)})")


def _unknown_key(key: str, loc: tuple[str | int, ...]) -> str:
    shape: dict[str, Any] = Graph.model_json_schema()
    names = {name for model in (shape, *shape["$defs"].values()) for name in model.get("properties", {})}
    return f"`{key[:100]}` is not known here{suggestion(key[:100], dict.fromkeys(sorted(names)))}"


def _short(raw: Any, loc: tuple[str | int, ...]) -> str:
    value = raw
    for key in loc:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return "something else"
    text = to_json(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _repeated_ids(raw: dict[str, Any]) -> Iterator[Problem]:
    nodes = raw.get("nodes")
    if not isinstance(nodes, list):
        return
    ids = [each.get("id") if isinstance(each, dict) else None for each in nodes]
    count = Counter(node_id for node_id in ids if isinstance(node_id, str))
    seen: set[str] = set()
    for at, node_id in enumerate(ids):
        if isinstance(node_id, str) and count[node_id] > 1:
            if node_id in seen:
                said = f"`{node_id[:64]}` is the id of nodes[{ids.index(node_id)}] already"
                yield Problem(f"nodes[{at}].id", "duplicate_id", said)
            seen.add(node_id)


def _too_deep(raw: Any) -> str | None:
    """The path down to the first value beyond the limit, cut after a few keys. No recursion."""
    level: list[tuple[tuple[str | int, ...], Any]] = [((), raw)]
    for _ in range(MAX_LEVELS):
        level = [
            ((*loc, key) if len(loc) < 4 else loc, value)
            for loc, parent in level
            for key, value in _children(parent)
            if isinstance(value, dict | list)
        ]
        if not level:
            return None
    return path_of(level[0][0])


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))
