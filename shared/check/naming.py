"""What a graph's expressions name: whether it is there, and before the node that names it."""

from collections.abc import Iterator, Mapping

from shared.check.fitting import output_problem
from shared.check.order import Order
from shared.check.scope import GUESSED_BODIES, Schema, Scope
from shared.check.sketch import Sketch
from shared.check.wiring import suggestion
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Node
from shared.expressions import Expression, ExpressionError, Path, Problem, path, problems
from shared.expressions.fields import PER_ITEM_ROOTS, Where, per_item_templates, shown, templates
from shared.expressions.templates import OPEN


def expression_problems(node: Node, node_type: NodeType | None) -> Iterator[Problem]:
    """The expressions of a config that cannot be read; bodies are graphs of their own."""
    per_item, kept = _marks(node_type)
    yield from problems(node.config, per_item, kept)


def name_problems(
    node: Node, node_type: NodeType | None, sketch: Sketch, order: Order, scope: Scope
) -> Iterator[Problem]:
    """Nodes that are named and not there, or not upstream; `item` where there is none, unless in a body."""
    per_item, kept = _marks(node_type)
    has_item = scope.depth > 0 or node_type is None
    for where, template in templates(node.config, (*per_item, *kept)):
        for expression in template.expressions:
            yield from _reference_problems(node, where, expression, sketch, order, scope)
            if not has_item and expression.roots & PER_ITEM_ROOTS:
                yield _no_item(where, expression)
    for where, template in per_item_templates(node.config, per_item):
        for expression in template.expressions:
            yield from _reference_problems(node, where, expression, sketch, order, scope)


def settings_problems(sketch: Sketch, scope: Scope, outputs: Mapping[str, Schema]) -> Iterator[Problem]:
    """What is wrong with the two paths in the settings."""
    output = sketch.settings.output
    if output is not None:
        roots = {"nodes", "trigger", "run", "vars"} | (PER_ITEM_ROOTS if scope.depth else set())
        found = _path_problems("settings.output", output, {*sketch.ids, *scope.before}, roots, outputs)
        yield from found
    concurrency = sketch.settings.concurrency
    if concurrency and OPEN in concurrency.key:
        yield from _path_problems("settings.concurrency.key", concurrency.key, set(), {"trigger"}, {})


def _marks(node_type: NodeType | None) -> tuple[list[str], list[str]]:
    """The fields per item, and those in which `{{ }}` means nothing."""
    if node_type is None:
        return [], GUESSED_BODIES
    return node_type.per_item, node_type.unread


def _reference_problems(
    node: Node, where: Where, expression: Expression, sketch: Sketch, order: Order, scope: Scope
) -> Iterator[Problem]:
    for name in sorted(expression.references or ()):
        if wrong := _wrong_name(node, name, sketch, order, scope):
            code, said = wrong
            at = f" (at character {expression.start})"
            yield Problem(shown(where), code, said + at, expression.start)


def _wrong_name(node: Node, name: str, sketch: Sketch, order: Order, scope: Scope) -> tuple[str, str] | None:
    """A problem's code and message, if a node cannot use this output. Inner names hide outer ones."""
    if name not in sketch.ids:
        if name in scope.before:
            return None
        if name in scope.others:
            return "not_upstream", f"`{name}` does not come before the container that `{node.id}` is in"
        near = suggestion(name[:64], dict.fromkeys([*sketch.ids, *scope.before]))
        return "unknown_node", f"there is no node `{name[:64]}`{near}"
    if name == node.id:
        return "not_upstream", f"`{name}` cannot use its own output"
    if order.cycles or order.is_upstream(node.id, name):
        return None
    said = f"`{name}` does not come before `{node.id}`; lead an edge from the one towards the other"
    return "not_upstream", said


def _no_item(where: Where, expression: Expression) -> Problem:
    names = " and ".join(f"`{name}`" for name in sorted(expression.roots & PER_ITEM_ROOTS))
    said = f"{names} can be used per item only, not here (at character {expression.start})"
    return Problem(shown(where), "expression_name", said, expression.start)


def _path_problems(
    place: str, text: str, ids: set[str], roots: set[str], outputs: Mapping[str, Schema]
) -> Iterator[Problem]:
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
        elif first not in ids:
            said = f"there is no node `{first[:64]}`{suggestion(first[:64], dict.fromkeys(sorted(ids)))}"
            yield Problem(place, "unknown_node", said)
        elif wrong := output_problem(found, outputs):
            yield Problem(place, "unknown_output", wrong, lacking=True)
