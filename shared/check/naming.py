"""What a graph's expressions name: whether it is there, and before the node that names it."""

from collections.abc import Iterator

from shared.check.order import Order
from shared.check.sketch import Sketch
from shared.check.wiring import suggestion
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Node
from shared.expressions import Expression, ExpressionError, Path, Problem, path, problems
from shared.expressions.fields import PER_ITEM_ROOTS, Where, per_item_templates, shown, templates
from shared.expressions.templates import OPEN


def expression_problems(node: Node, node_type: NodeType | None) -> Iterator[Problem]:
    """The expressions of a config that cannot be read."""
    per_item, code = _marks(node_type)
    yield from problems(node.config, per_item, code)


def name_problems(
    node: Node, node_type: NodeType | None, sketch: Sketch, order: Order, *, body: bool
) -> Iterator[Problem]:
    """Nodes that are named and not there, or not upstream; `item` where there is none, unless in a `body`."""
    per_item, code = _marks(node_type)
    for where, template in templates(node.config, (*per_item, *code)):
        for expression in template.expressions:
            yield from _reference_problems(node, where, expression, sketch, order)
            if not body and expression.roots & PER_ITEM_ROOTS:
                yield _no_item(where, expression)
    for where, template in per_item_templates(node.config, per_item):
        for expression in template.expressions:
            yield from _reference_problems(node, where, expression, sketch, order)


def settings_problems(sketch: Sketch) -> Iterator[Problem]:
    """What is wrong with the two paths in the settings."""
    output = sketch.settings.output
    if output is not None:
        yield from _path_problems("settings.output", output, sketch, {"nodes", "trigger", "run", "vars"})
    concurrency = sketch.settings.concurrency
    if concurrency and OPEN in concurrency.key:
        yield from _path_problems("settings.concurrency.key", concurrency.key, sketch, {"trigger"})


def _marks(node_type: NodeType | None) -> tuple[list[str], list[str]]:
    return (node_type.per_item, node_type.code) if node_type else ([], [])


def _reference_problems(
    node: Node, where: Where, expression: Expression, sketch: Sketch, order: Order
) -> Iterator[Problem]:
    for name in sorted(expression.references or ()):
        at = f" (at character {expression.start})"
        if name not in sketch.ids:
            said = f"there is no node `{name[:64]}`{suggestion(name[:64], sketch.ids)}"
            yield Problem(shown(where), "unknown_node", said + at, expression.start)
        elif name == node.id:
            said = f"`{name}` cannot use its own output"
            yield Problem(shown(where), "not_upstream", said + at, expression.start)
        elif not order.cycles and not order.is_upstream(node.id, name):
            said = f"`{name}` does not come before `{node.id}`; lead an edge from the one towards the other"
            yield Problem(shown(where), "not_upstream", said + at, expression.start)


def _no_item(where: Where, expression: Expression) -> Problem:
    names = " and ".join(f"`{name}`" for name in sorted(expression.roots & PER_ITEM_ROOTS))
    said = f"{names} can be used per item only, not here (at character {expression.start})"
    return Problem(shown(where), "expression_name", said, expression.start)


def _path_problems(place: str, text: str, sketch: Sketch, roots: set[str]) -> Iterator[Problem]:
    try:
        found: Path = path(text)
    except ExpressionError as error:
        yield Problem(place, "not_a_path", str(error))
        return
    if found.root not in roots:
        yield Problem(place, "not_a_path", f"it may start with {' or '.join(sorted(roots))} only")
    elif found.root == "nodes":
        first = found.keys[0] if found.keys else None
        if not isinstance(first, str):
            yield Problem(place, "not_a_path", "name one node, as in {{ nodes.last }}")
        elif first not in sketch.ids:
            said = f"there is no node `{first[:64]}`{suggestion(first[:64], sketch.ids)}"
            yield Problem(place, "unknown_node", said)
