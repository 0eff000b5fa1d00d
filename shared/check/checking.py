"""The whole check of a graph, the graphs in its containers included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from pydantic import ValidationError

from shared.check.configs import Configs
from shared.check.credentials import credential_problems, needless_credentials
from shared.check.fitting import fit_problems
from shared.check.naming import expression_problems, name_problems, settings_problems
from shared.check.order import Order
from shared.check.reach import odd_nodes
from shared.check.scope import Known, Scope, count_nodes, graphs_in, output_schema
from shared.check.shape import count_problem, shape_problems, size_problem
from shared.check.sketch import Sketch, salvage, sketch_of
from shared.check.variables import secret_output, secret_problems, unknown_variables
from shared.check.wiring import cycle_problems, edge_problems, suggestion
from shared.contracts.catalog import NodeType
from shared.contracts.graph import DEFAULT_MAX_NODES, MAX_DEPTH, MOST_NODES, Graph, Node
from shared.expressions.errors import Problem

MOST_PROBLEMS = 500
_MOST_SUGGESTIONS = 50
_WORKFLOW_RUN = "workflow.run"
_OFF = {"shell": "; it is off until a runner is started with WEFT_ALLOW_SHELL=1"}


@dataclass
class Checked:
    """What was found; `graph` is set when there are no problems."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    graph: Graph | None = None


def check(
    graph: Graph | dict[str, Any],
    catalog: Mapping[str, NodeType],
    *,
    max_nodes: int = DEFAULT_MAX_NODES,
    credentials: Mapping[str, str] | None = None,
    workflow_id: str | None = None,
    variables: Mapping[str, bool] | None = None,
    unshared: frozenset[str] = frozenset(),
) -> Checked:
    """Everything that is wrong with a graph, at most 500 problems, with paths such as `nodes[2].config.url`
    or `nodes[0].config.graph.nodes[1].config.url`.

    `credentials` are the workspace's, types by id, those that may not be used here `unshared`; `variables`
    are the workspace's, each with whether it is secret; `workflow_id` is the workflow that the graph belongs
    to. What is None is unknown and not checked."""
    raw = graph.model_dump(mode="json") if isinstance(graph, Graph) else graph
    if not isinstance(raw, dict):
        return Checked([Problem("", "invalid", "a graph is an object with nodes, edges and settings")])
    if problem := size_problem(raw):
        return Checked([problem])
    count, parts = count_nodes(raw, catalog)
    known = Known(catalog, credentials, workflow_id, unshared, variables)
    check_one = _Check(known, bodies=count <= MOST_NODES)
    checked = check_one.graph(raw, Scope())
    if (problem := count_problem(count, parts, max_nodes)) and not _hopeless(raw):
        checked.problems.insert(0, problem)
    checked.problems = checked.problems[:MOST_PROBLEMS]
    checked.graph = None if checked.problems else checked.graph
    return checked


class _Check:
    """Checks one graph after the other, each within its scope; without `bodies` only the outermost."""

    def __init__(self, known: Known, *, bodies: bool) -> None:
        self._known = known
        self._catalog = known.catalog
        self._configs = Configs()
        self._bodies = bodies

    def graph(self, raw: dict[str, Any], scope: Scope) -> Checked:
        """A graph and all within it; paths are relative to it."""
        problems: list[Problem] = []
        sound: Graph | None = None
        try:
            sound = Graph.model_validate(raw)
            sketch = sketch_of(sound)
        except ValidationError as error:
            problems = shape_problems(raw, error)
            sketch = Sketch() if _hopeless(raw) else salvage(raw)
        if not sketch.nodes:
            return Checked(problems)
        order = Order(sketch.ids, ((edge.source, edge.target) for edge in sketch.edges.values()))
        problems += islice(self._meaning(sketch, order, scope), MOST_PROBLEMS)
        warnings = list(self._warnings(sketch, order, scope))
        for body in self._checked_bodies(sketch, order, scope):
            problems += body.problems
            warnings += body.warnings
        return Checked(problems[:MOST_PROBLEMS], warnings[:MOST_PROBLEMS], None if problems else sound)

    def _meaning(self, sketch: Sketch, order: Order, scope: Scope) -> Iterator[Problem]:
        outputs = dict(scope.before)
        outputs.update({name: output_schema(None, self._catalog) for name in sketch.ids})
        outputs.update({node.id: output_schema(node, self._catalog) for node in sketch.nodes.values()})
        yield from self._type_problems(sketch)
        for at, node in sketch.nodes.items():
            node_type = self._catalog.get(node.type)
            found = list(expression_problems(node, node_type))
            found += name_problems(node, node_type, sketch, order, scope)
            if node_type:
                found += self._configs.problems(node, node_type)
                found += fit_problems(node, node_type, outputs)
            found += self._own_workflow(node)
            found += secret_problems(node, self._known)
            yield from _put_under(f"nodes[{at}].config", found)
        yield from credential_problems(sketch, self._known)
        yield from edge_problems(sketch, self._catalog)
        yield from cycle_problems(sketch, order)
        yield from settings_problems(sketch, scope, outputs)
        yield from secret_output(sketch, self._known)

    def _warnings(self, sketch: Sketch, order: Order, scope: Scope) -> Iterator[Problem]:
        yield from odd_nodes(sketch, order)
        yield from needless_credentials(sketch, self._known)
        yield from unknown_variables(sketch, self._known)
        if scope.depth and sketch.settings.concurrency:
            said = "only the concurrency of the whole workflow counts; this one changes nothing"
            yield Problem("settings.concurrency", "no_effect", said)

    def _checked_bodies(self, sketch: Sketch, order: Order, scope: Scope) -> Iterator[Checked]:
        for at, node in sketch.nodes.items():
            node_type = self._catalog.get(node.type)
            if not node_type or not node_type.bodies or not self._bodies:
                continue
            inner = scope.within(node, sketch, order, self._catalog)
            for name, raw in graphs_in(node, node_type):
                place = f"nodes[{at}].config.{name}"
                if inner.depth > MAX_DEPTH:
                    said = f"containers within containers may go {MAX_DEPTH} levels deep, not more"
                    yield Checked([Problem(place, "nested_too_deep", said)])
                    continue
                found = self.graph(raw, inner)
                problems, warnings = (_put_under(place, each) for each in (found.problems, found.warnings))
                yield Checked(list(problems), list(warnings))

    def _type_problems(self, sketch: Sketch) -> Iterator[Problem]:
        hints: dict[str, str] = {}
        for at, node in sketch.nodes.items():
            if node.type in self._catalog:
                continue
            if node.type not in hints and len(hints) < _MOST_SUGGESTIONS:
                hints[node.type] = _OFF.get(node.type) or suggestion(node.type, self._catalog)
            said = f"there is no node type `{node.type}`{hints.get(node.type, '')}"
            yield Problem(f"nodes[{at}].type", "unknown_type", said)

    def _own_workflow(self, node: Node) -> Iterator[Problem]:
        named = node.config.get("workflow_id")
        if node.type == _WORKFLOW_RUN and named is not None and named == self._known.workflow_id:
            said = "a workflow cannot run itself, for that would never end; use a loop"
            yield Problem("workflow_id", "own_workflow", said)


def _hopeless(raw: dict[str, Any]) -> bool:
    nodes = raw.get("nodes")
    return not isinstance(nodes, list) or len(nodes) > MOST_NODES


def _put_under(place: str, problems: list[Problem]) -> Iterator[Problem]:
    for problem in problems:
        separator = "" if not problem.path or problem.path.startswith("[") else "."
        yield replace(problem, path=f"{place}{separator}{problem.path}")
