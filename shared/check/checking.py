"""The whole check of a graph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from shared.check.naming import expression_problems, name_problems, settings_problems
from shared.check.order import Order
from shared.check.schema import schema_problems
from shared.check.shape import count_problem, nesting_problems, shape_problems, size_problem
from shared.check.sketch import Sketch, salvage, sketch_of
from shared.check.wiring import cycle_problems, edge_problems, suggestion, unconnected
from shared.contracts.catalog import NodeType
from shared.contracts.graph import DEFAULT_MAX_NODES, MOST_NODES, Graph, Node
from shared.expressions.errors import Problem

MOST_PROBLEMS = 500
_MOST_SUGGESTIONS = 50


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
    body: bool = False,
) -> Checked:
    """Everything that is wrong with a graph, at most 500 problems, with paths such as `nodes[2].config.url`.

    `body` is for a graph that a container runs for each item: its expressions may use `item` and `index`."""
    raw = graph.model_dump(mode="json") if isinstance(graph, Graph) else graph
    if not isinstance(raw, dict):
        return Checked([Problem("", "invalid", "a graph is an object with nodes, edges and settings")])
    if problem := size_problem(raw):
        return Checked([problem])
    problems: list[Problem] = []
    sound: Graph | None = None
    try:
        sound = graph if isinstance(graph, Graph) else Graph.model_validate(raw)
        sketch = sketch_of(sound)
    except ValidationError as error:
        problems = shape_problems(raw, error)
        sketch = Sketch() if _hopeless(raw) else salvage(raw)
    if sketch.nodes:
        problems += islice(_meaning(sketch, catalog, max_nodes, body=body), MOST_PROBLEMS)
    return Checked(problems[:MOST_PROBLEMS], list(unconnected(sketch)), None if problems else sound)


def _hopeless(raw: dict[str, Any]) -> bool:
    nodes = raw.get("nodes")
    return not isinstance(nodes, list) or len(nodes) > MOST_NODES


def _meaning(
    sketch: Sketch, catalog: Mapping[str, NodeType], max_nodes: int, *, body: bool
) -> Iterator[Problem]:
    if problem := count_problem(len(sketch.nodes), max_nodes):
        yield problem
    order = Order(sketch.ids, ((edge.source, edge.target) for edge in sketch.edges.values()))
    yield from _type_problems(sketch, catalog)
    yield from nesting_problems(sketch.nodes)
    validators: dict[str, Draft202012Validator] = {}
    for at, node in sketch.nodes.items():
        node_type = catalog.get(node.type)
        for problem in expression_problems(node, node_type):
            yield _in_config(at, problem)
        for problem in name_problems(node, node_type, sketch, order, body=body or node_type is None):
            yield _in_config(at, problem)
        if node_type:
            for problem in _config_problems(node, node_type, validators):
                yield _in_config(at, problem)
    yield from edge_problems(sketch, catalog)
    yield from cycle_problems(sketch, order)
    yield from settings_problems(sketch)


def _type_problems(sketch: Sketch, catalog: Mapping[str, NodeType]) -> Iterator[Problem]:
    hints: dict[str, str] = {}
    for at, node in sketch.nodes.items():
        if node.type in catalog:
            continue
        if node.type not in hints and len(hints) < _MOST_SUGGESTIONS:
            hints[node.type] = suggestion(node.type, catalog)
        said = f"there is no node type `{node.type}`{hints.get(node.type, '')}"
        yield Problem(f"nodes[{at}].type", "unknown_type", said)


def _config_problems(
    node: Node, node_type: NodeType, validators: dict[str, Draft202012Validator]
) -> Iterator[Problem]:
    if node.type not in validators:
        validators[node.type] = Draft202012Validator(node_type.config_schema)
    return schema_problems(node.config, validators[node.type])


def _in_config(at: int, problem: Problem) -> Problem:
    inner = problem.path
    separator = "" if not inner or inner.startswith("[") else "."
    return replace(problem, path=f"nodes[{at}].config{separator}{inner}")
