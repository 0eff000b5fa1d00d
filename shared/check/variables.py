"""The workspace's variables that a graph names: whether they are there, and may be used where they are."""

from collections.abc import Iterator

from shared.check.scope import Known
from shared.check.sketch import Sketch
from shared.contracts.graph import Node
from shared.contracts.variable import secret_refusal
from shared.expressions import Expression, ExpressionError, Problem, path
from shared.expressions.fields import Where, per_item_templates, shown, templates


def secret_problems(node: Node, known: Known) -> Iterator[Problem]:
    """Secret variables that a node names whose executor cannot open them; paths are within its config."""
    node_type = known.catalog.get(node.type)
    if not known.variables or node_type is None or node_type.vault:
        return
    for where, expression, name in _named(node, known):
        if known.variables.get(name):
            said = f"{secret_refusal(name)} (at character {expression.start})"
            yield Problem(shown(where), "secret_variable", said, expression.start)


def secret_output(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """A secret variable that the run is to answer with."""
    try:
        found = path(sketch.settings.output) if sketch.settings.output else None
    except ExpressionError:
        return
    name = found.keys[0] if found and found.root == "vars" and found.keys else None
    if isinstance(name, str) and (known.variables or {}).get(name):
        yield Problem("settings.output", "secret_variable", secret_refusal(name))


def unknown_variables(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """Those that are not there, yet: they may be created until the node runs."""
    if known.variables is None:
        return
    for at, node in sketch.nodes.items():
        for where, expression, name in _named(node, known):
            if name not in known.variables:
                said = f"there is no variable `{name[:64]}` yet (at character {expression.start})"
                place = f"nodes[{at}].config.{shown(where)}"
                yield Problem(place, "unknown_variable", said, expression.start)


def _named(node: Node, known: Known) -> Iterator[tuple[Where, Expression, str]]:
    node_type = known.catalog.get(node.type)
    if node_type is None:
        return
    per_item, kept = node_type.per_item, node_type.unread
    found = [*templates(node.config, (*per_item, *kept)), *per_item_templates(node.config, per_item)]
    for where, template in found:
        for expression in template.expressions:
            for name in sorted(expression.variables or ()):
                yield where, expression, name
