"""Configs against the schemas of their types; each type's schema is prepared once."""

from collections.abc import Iterator
from dataclasses import replace

from jsonschema import Draft202012Validator

from shared.check.schema import schema_problems
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Node
from shared.expressions.errors import Problem

_LACKING = frozenset({"required", "invalid"})


class Configs:
    """Checks configs as far as they are plain values: bodies are checked as the graphs they are."""

    def __init__(self) -> None:
        self._validators: dict[str, Draft202012Validator] = {}

    def problems(self, node: Node, node_type: NodeType) -> Iterator[Problem]:
        """What is wrong with a config, with paths such as `rules[0].when`."""
        if node.type not in self._validators:
            self._validators[node.type] = Draft202012Validator(node_type.config_schema)
        bodies = [name for name in node_type.bodies if node.config.get(name) is not None]
        for problem in schema_problems(node.config, self._validators[node.type]):
            if not any(_is_in(problem.path, name) for name in bodies):
                yield replace(problem, lacking=problem.code in _LACKING)
        for name in bodies:
            if not isinstance(node.config[name], dict):
                said = "the graph itself must stand here; it cannot be a text, a list or an expression"
                yield Problem(name, "invalid", said, lacking=True)


def _is_in(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))
