"""Whether what an expression leads to can be there, and can be what the field it stands in takes.

Only clear conflicts between two schemas count: a value that some alternative allows fits."""

from collections.abc import Iterator, Mapping

from shared.check.outlines import Outline, kinds, names, outline, under
from shared.check.scope import Schema
from shared.check.wiring import suggestion
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Node
from shared.expressions import Expression, Path, Problem
from shared.expressions.fields import Where, shown, templates

_SCALARS = frozenset({"boolean", "integer", "number", "string"})
_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
_MOST_NAMES = 12


def fit_problems(node: Node, node_type: NodeType, outputs: Mapping[str, Schema]) -> Iterator[Problem]:
    """What is wrong with the paths into outputs, by the schemas of the nodes that a node may name."""
    kept = (*node_type.per_item, *node_type.unread)
    for where, template in templates(node.config, kept):
        for expression in template.expressions:
            found = _led_to(expression.path, outputs)
            if isinstance(found, str):
                said = f"{found} (at character {expression.start})"
                yield Problem(shown(where), "unknown_output", said, expression.start, lacking=True)
            elif found is not None and template.single:
                yield from _conflict(where, expression, found, node_type.config_schema)


def output_problem(found: Path, outputs: Mapping[str, Schema]) -> str | None:
    """Why a path into an output cannot lead anywhere."""
    led = _led_to(found, outputs)
    return led if isinstance(led, str) else None


def _led_to(path: Path | None, outputs: Mapping[str, Schema]) -> Outline | str | None:
    """What a path leads to, or why it leads nowhere; None when nothing is known of it."""
    if path is None or path.root != "nodes" or not path.keys or not outputs.get(str(path.keys[0])):
        return None
    root = outputs[str(path.keys[0])]
    keys = path.keys[1:]
    found, reached = under(outline(root), keys, root)
    if reached == len(keys):
        return found
    key, so_far = keys[reached], Path(path.root, path.keys[: reached + 1])
    if isinstance(key, str) and "object" in kinds(found):
        there = names(found)
        known = f"; it has {', '.join(there[:_MOST_NAMES])}" if there else ""
        return f"`{so_far}` has no `{key[:64]}`{suggestion(key[:64], dict.fromkeys(there)) or known}"
    return f"`{so_far}` is {_told(kinds(found))}, so it has no {key!r}"


def _conflict(
    where: Where, expression: Expression, found: Outline, config_schema: Schema
) -> Iterator[Problem]:
    wanted, reached = under(outline(config_schema), where, config_schema)
    if reached < len(where):
        return
    taken, given = _taken(wanted), kinds(found)
    if given and not given & taken:
        said = f"`{expression.source[:100]}` is {_told(given)}, and {_told(kinds(wanted))} is needed here"
        place = f" (at character {expression.start})"
        yield Problem(shown(where), "type_mismatch", said + place, expression.start, lacking=True)


def _taken(wanted: Outline) -> frozenset[str]:
    """The kinds of value that a field takes, text that reads as a number or the like included."""
    taken = kinds(wanted)
    if any(each.get("format") == "template" for each in wanted):
        return taken | _SCALARS | {"array", "object", "null"}
    return taken | _SCALARS if taken & _SCALARS else taken


def _told(found: frozenset[str]) -> str:
    return " or ".join(_WORDS[kind] for kind in sorted(found & _WORDS.keys())) or "nothing"
