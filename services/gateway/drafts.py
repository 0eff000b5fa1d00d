"""Graphs under check: what may be kept as a draft, and what may be published or run."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from services.gateway.catalog import Catalog
from services.gateway.errors import Fault, Refused
from shared.check import Checked, Problem, check, freeze
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode

IN_CONFIG = re.compile(r"nodes\[[0-9]+\]\.config\b")
AT_ONCE = 50
"""Larger graphs are checked in a thread, so that nobody else waits for it."""
UNFINISHED = frozenset({"required", "invalid"})


def unfinished(problem: Problem) -> bool:
    """What a draft may still lack: config, or any node at all. Everything else (shape, edges, cycles,
    expressions) is refused when it is saved."""
    return problem.code == "empty" or (problem.code in UNFINISHED and bool(IN_CONFIG.match(problem.path)))


class Drafts:
    """Checks graphs against the catalog of the moment."""

    def __init__(self, catalog: Catalog, max_nodes: int) -> None:
        self._catalog = catalog
        self._max_nodes = max_nodes

    async def checked(self, graph: dict[str, Any]) -> Checked:
        """All problems and warnings. An unknown type is looked for in the store before it is called so."""
        checked = await self._check(graph)
        if any(each.code == "unknown_type" for each in checked.problems):
            self._catalog.outdated()
            checked = await self._check(graph)
        return checked

    async def savable(self, graph: dict[str, Any]) -> Checked:
        """What a draft still lacks; raises Refused (`invalid_graph`) when it cannot be kept at all."""
        checked = await self.checked(graph)
        if not all(map(unfinished, checked.problems)):
            raise invalid_graph(checked.problems)
        return checked

    async def frozen(self, graph: dict[str, Any]) -> dict[str, FrozenNode]:
        """What the planner must know of each node; raises Refused (`invalid_graph`) unless all is well."""
        checked = await self.checked(graph)
        if checked.problems:
            raise invalid_graph(checked.problems)
        types: dict[str, NodeType] = await self._catalog.current()
        return freeze(Graph.model_validate(graph), types)

    async def _check(self, graph: dict[str, Any]) -> Checked:
        types = await self._catalog.current()
        nodes = graph.get("nodes")
        if isinstance(nodes, list) and len(nodes) > AT_ONCE:
            return await asyncio.to_thread(check, graph, types, max_nodes=self._max_nodes)
        return check(graph, types, max_nodes=self._max_nodes)


def invalid_graph(problems: list[Problem]) -> Refused:
    """The refusal, naming the first fault and listing all."""
    first, more = problems[0], len(problems) - 1
    rest = f" (and {more} more)" if more else ""
    return Refused("invalid_graph", f"{first.path}: {first.message}{rest}", told(problems))


def told(problems: Sequence[Problem]) -> list[Fault]:
    """Problems as callers see them; `offset` says where in an expression's string."""
    return [
        {"path": each.path, "code": each.code, "message": each.message}
        | ({} if each.offset is None else {"offset": each.offset})
        for each in problems
    ]
